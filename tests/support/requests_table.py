"""A table of requests in markdown, with cells changed. Labels are typed from the notice."""

HEADER = "| | 自然人 | 商业企业 | 科研机构 | 社会公益组织 | 法律服务机构 | 其他 | 总计 |"
ROWS = {
    "received": "一、本年新收政府信息公开申请数量",
    "carried_in": "二、上年结转政府信息公开申请数量",
    "granted": "（一）予以公开",
    "partly_granted": "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
    "refused_state_secret": "（三）不予公开 1.属于国家秘密",
    "refused_prohibited_by_law": "2.其他法律行政法规禁止公开",
    "refused_safety_stability": "3.危及“三安全一稳定”",
    "refused_third_party": "4.保护第三方合法权益",
    "refused_internal_affairs": "5.属于三类内部事务信息",
    "refused_process_information": "6.属于四类过程性信息",
    "refused_enforcement_file": "7.属于行政执法案卷",
    "refused_administrative_query": "8.属于行政查询事项",
    "unavailable_not_held": "1.本机关不掌握相关政府信息",
    "unavailable_needs_creation": "2.没有现成信息需要另行制作",
    "unavailable_still_unclear": "3.补正后申请内容仍不明确",
    "not_processed_petition": "1.信访举报投诉类申请",
    "not_processed_duplicate": "2.重复申请",
    "not_processed_publication": "3.要求提供公开出版物",
    "not_processed_excessive": "4.无正当理由大量反复申请",
    "not_processed_reconfirmation": "5.要求行政机关确认或重新出具已获取信息",
    "other_not_corrected_in_time": "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
    "other_fee_unpaid": "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    "other_other": "3.其他",
    "concluded": "（七）总计",
    "carried_out": "四、结转下年度继续办理",
}
FIGURES = {
    "received": [30, 4, 0, 0, 1, 0, 35],
    "carried_in": [2, 0, 0, 0, 0, 0, 2],
    "granted": [12, 2, 0, 0, 0, 0, 14],
    "partly_granted": [3, 0, 0, 0, 0, 0, 3],
    "unavailable_not_held": [13, 1, 0, 0, 1, 0, 15],
    "not_processed_duplicate": [2, 1, 0, 0, 0, 0, 3],
    "concluded": [30, 4, 0, 0, 1, 0, 35],
    "carried_out": [2, 0, 0, 0, 0, 0, 2],
}


def report_text(changes: dict[tuple[str, int], object] | None = None, extra: str = "") -> str:
    """The table of requests with some cells changed, in markdown."""
    lines = [HEADER, "|---" * 8 + "|"]
    for code, label in ROWS.items():
        figures: list[object] = list(FIGURES.get(code, [0] * 7))
        for (row, column), value in (changes or {}).items():
            if row == code:
                figures[column] = value
        if code == "concluded" and extra:
            lines.append(extra)
        lines.append(f"| {label} | " + " | ".join(map(str, figures)) + " |")
    return "\n".join(lines)


def with_digits(text: str, row: str, digits: str) -> str:
    """The table with one line of digits that run together."""
    start = f"| {ROWS[row]} |"
    lines = [f"{start} {digits} |" if line.startswith(start) else line for line in text.split("\n")]
    return "\n".join(lines)
