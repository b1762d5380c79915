"""The form in both editions, typed from the notices: rows, columns, labels, headings."""

APPLICANTS = {
    "natural_person": "自然人",
    "company": "商业企业",
    "research_institution": "科研机构",
    "public_interest_organisation": "社会公益组织",
    "legal_service": "法律服务机构",
    "other": "其他",
    "total": "总计",
}
OUTCOMES = {
    "upheld": "结果维持",
    "corrected": "结果纠正",
    "other": "其他结果",
    "pending": "尚未审结",
    "total": "总计",
}
ROUTES = {
    "reconsideration": "行政复议",
    "direct_litigation": "未经复议直接起诉",
    "litigation_after_reconsideration": "复议后起诉",
}

RECEIVED = ("received", "一、本年新收政府信息公开申请数量")
CARRIED_IN = ("carried_in", "二、上年结转政府信息公开申请数量")
RESULTS = "三、本年度办理结果"
CARRIED_OUT = ("carried_out", "四、结转下年度继续办理")
CONCLUDED = ("concluded", "（七）总计")
GRANTED = ("granted", "（一）予以公开")
PARTLY = ("partly_granted", "（二）部分公开（区分处理的，只计这一情形，不计其他情形）")
GROUPS = {
    "（三）不予公开": {
        "refused_state_secret": "1.属于国家秘密",
        "refused_prohibited_by_law": "2.其他法律行政法规禁止公开",
        "refused_safety_stability": "3.危及“三安全一稳定”",
        "refused_third_party": "4.保护第三方合法权益",
        "refused_internal_affairs": "5.属于三类内部事务信息",
        "refused_process_information": "6.属于四类过程性信息",
        "refused_enforcement_file": "7.属于行政执法案卷",
        "refused_administrative_query": "8.属于行政查询事项",
    },
    "（四）无法提供": {
        "unavailable_not_held": "1.本机关不掌握相关政府信息",
        "unavailable_needs_creation": "2.没有现成信息需要另行制作",
        "unavailable_still_unclear": "3.补正后申请内容仍不明确",
    },
    "（五）不予处理": {
        "not_processed_petition": "1.信访举报投诉类申请",
        "not_processed_duplicate": "2.重复申请",
        "not_processed_publication": "3.要求提供公开出版物",
        "not_processed_excessive": "4.无正当理由大量反复申请",
        "not_processed_reconfirmation": "5.要求行政机关确认或重新出具已获取信息",
    },
    "（六）其他处理": {
        "other_not_corrected_in_time": "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
        "other_fee_unpaid": "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
        "other_other": "3.其他",
    },
}
OTHER_GROUP = "（六）其他处理"

# table 2: (article's item, header, rows); a row is (name, label)
DISCLOSURE = {
    "2021": [
        (
            "第二十条第（一）项",
            {"issued": "本年制发件数", "repealed": "本年废止件数", "in_force": "现行有效件数"},
            {"rules": "规章", "normative_documents": "行政规范性文件"},
        ),
        ("第二十条第（五）项", {"decisions": "本年处理决定数量"}, {"licences": "行政许可"}),
        (
            "第二十条第（六）项",
            {"decisions": "本年处理决定数量"},
            {"penalties": "行政处罚", "coercive_measures": "行政强制"},
        ),
        ("第二十条第（八）项", {"amount": "本年收费金额（单位：万元）"}, {"fees": "行政事业性收费"}),
    ],
    "2019": [
        (
            "第二十条第（一）项",
            {
                "made": "本年新制作数量",
                "newly_disclosed": "本年新公开数量",
                "disclosed_total": "对外公开总数量",
            },
            {"rules": "规章", "normative_documents": "规范性文件"},
        ),
        (
            "第二十条第（五）项",
            {"items_last_year": "上一年项目数量", "change": "本年增/减", "decisions": "处理决定数量"},
            {"licences": "行政许可", "other_services": "其他对外管理服务事项"},
        ),
        (
            "第二十条第（六）项",
            {"items_last_year": "上一年项目数量", "change": "本年增/减", "decisions": "处理决定数量"},
            {"penalties": "行政处罚", "coercive_measures": "行政强制"},
        ),
        (
            "第二十条第（八）项",
            {"items_last_year": "上一年项目数量", "change": "本年增/减"},
            {"fees": "行政事业性收费"},
        ),
        (
            "第二十条第（九）项",
            {"items": "采购项目数量", "amount": "采购总金额"},
            {"procurement": "政府集中采购"},
        ),
    ],
}
HEADINGS = {
    "disclosure": "二、主动公开政府信息情况",
    "requests": "三、收到和处理政府信息公开申请情况",
    "disputes": "四、政府信息公开行政复议、行政诉讼情况",
}
DISPUTES_2019 = "四、因政府信息公开工作被申请行政复议、提起行政诉讼情况"
NOTE = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"


def result_rows(one_row_other):
    """The rows of (一) to (六) in the form's order.

    Parameters
    ----------
    one_row_other : bool
        Whether （六）其他处理 is one row, as in the 2019 edition.

    Returns
    -------
    list of (str, str, str)
        Row's name, its group's label ('' if it has none), its own label.
    """
    rows = [(GRANTED[0], "", GRANTED[1]), (PARTLY[0], "", PARTLY[1])]
    for group, items in GROUPS.items():
        if group == OTHER_GROUP and one_row_other:
            rows.append(("other", "", OTHER_GROUP))
        else:
            rows.extend((name, group, label) for name, label in items.items())
    return rows


def request_rows(one_row_other):
    """Names of all rows of table 3 in the form's order."""
    names = [name for name, _, _ in result_rows(one_row_other)]
    return ["received", "carried_in", *names, "concluded", "carried_out"]


def keys(edition, one_row_other, tables):
    """Every cell `(table, row, column)` that the form has in the given tables."""
    found = []
    if "disclosure" in tables:
        for _, columns, rows in DISCLOSURE[edition]:
            found += [("disclosure", row, column) for row in rows for column in columns]
    if "requests" in tables:
        found += [("requests", row, column) for row in request_rows(one_row_other) for column in APPLICANTS]
    if "disputes" in tables:
        found += [("disputes", row, column) for row in ROUTES for column in OUTCOMES]
    return found
