"""Damages within cells: blanks, dashes, remarks, signs, ranges, notes, and what nobody sees."""

from decimal import Decimal

from .damages import HTML, PLAIN, RICH, damage
from .layout import plain

TWO_DIGITS = 10


def _is_zero(doc):
    return lambda cell: doc.value(cell) == 0


def _is_positive(doc):
    return lambda cell: (doc.value(cell) or 0) > 0


def _is_count(doc):
    """Cells that hold a whole number of at least 1."""

    def holds(cell):
        value = doc.value(cell)
        return value is not None and value > 0 and cell.text.isdigit()

    return holds


def _blank(doc, cells, kind="blank", text=""):
    for cell in cells:
        doc.say(cell, text, kind, ())
    return bool(cells)


def _rewrite(doc, rng, wanted, write, count=3):
    """Print some numbers in another way; their value stays."""
    cells = doc.fresh(rng, wanted, count)
    for cell in cells:
        doc.say(cell, write(cell.text))
    return bool(cells)


def _spoil(doc, rng, wanted, write, count=2, allowed=()):
    """Print some numbers so that no single value can be read."""
    cells = doc.fresh(rng, wanted, count)
    for cell in cells:
        doc.say(cell, write(cell.text), "unreadable", allowed)
    return bool(cells)


@damage("every 0 is left blank")
def blank_for_zero(doc, rng):
    return _blank(doc, doc.fresh(rng, _is_zero(doc)))


@damage("a few cells are blank, zeros or not")
def some_blank(doc, rng):
    return _blank(doc, doc.fresh(rng, lambda cell: True, 4))


@damage("a dash for every 0")
def dash_for_zero(doc, rng):
    dash = rng.choice(["-", "—", "--", "－", "/"])
    return _blank(doc, doc.fresh(rng, _is_zero(doc)), "dash", dash)


@damage("无 for some zeros")
def none_for_zero(doc, rng):
    cells = doc.fresh(rng, _is_zero(doc), 5)
    for cell in cells:
        doc.say(cell, "无", "unreadable", (Decimal(0),))
    return bool(cells)


@damage("only the total of each request row is filled in")
def only_totals(doc, rng):
    wanted = lambda cell: cell.key[0] == "requests" and cell.key[2] != "total"  # noqa: E731
    return _blank(doc, doc.fresh(rng, wanted))


@damage("only natural persons and the total are filled in, the rest (all 0) is blank")
def only_persons_and_total(doc, rng):
    rest = ("company", "research_institution", "public_interest_organisation", "legal_service", "other")

    def wanted(cell):
        return cell.key[0] == "requests" and cell.key[2] in rest and doc.value(cell) == 0

    return _blank(doc, doc.fresh(rng, wanted))


@damage("the total column is blank")
def totals_blank(doc, rng):
    table = rng.choice(["requests", "disputes"])
    return _blank(doc, doc.fresh(rng, lambda cell: cell.key[0] == table and cell.key[2] == "total"))


@damage("the last total of table 3 is blank")
def last_total_blank(doc, rng):
    return _blank(doc, doc.fresh(rng, lambda cell: cell.key == ("requests", "carried_out", "total")))


@damage("a whole table is blank, its labels stand")
def table_blank(doc, rng):
    table = rng.choice(doc.tables()).name
    return _blank(doc, doc.fresh(rng, lambda cell: cell.key[0] == table))


@damage("a remark behind the number in its cell")
def remark_in_cell(doc, rng):
    remark = rng.choice(["（其中修订1件）", "(含上年结转)", "（详见附件）", "（按季度统计）"])
    return _rewrite(doc, rng, _is_positive(doc), lambda text: text + remark)


@damage("last year's number in brackets behind the number")
def last_year_in_cell(doc, rng):
    return _rewrite(doc, rng, _is_positive(doc), lambda text: f"{text}（上年{rng.randint(1, 40)}）")


@damage("a unit behind the number in its cell")
def unit_in_cell(doc, rng):
    def write(cell):
        return cell.text + ("万元" if cell.key[2] == "amount" else "件")

    cells = doc.fresh(rng, lambda cell: doc.value(cell) is not None and cell.key[2] != "change", 4)
    for cell in cells:
        doc.say(cell, write(cell))
    return bool(cells)


@damage("whole numbers with decimals: 12.0, 12.00")
def decimals_on_counts(doc, rng):
    tail = rng.choice([".0", ".00"])
    return _rewrite(doc, rng, _is_count(doc), lambda text: text + tail, 4)


@damage("thousands separators: 1,234 or 1，234")
def thousands_separators(doc, rng):
    comma = rng.choice([",", ",", "，"])

    def wanted(cell):
        return _is_count(doc)(cell) and doc.value(cell) >= 1000

    return _rewrite(doc, rng, wanted, lambda text: f"{int(text):,}".replace(",", comma), 9)


@damage("full-width digits")
def full_width_digits(doc, rng):
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    return _rewrite(doc, rng, _is_count(doc), lambda text: text.translate(wide), 6)


@damage("signs as words in the change column: 增10, 减少3")
def signs_as_words(doc, rng):
    more, less = rng.choice([("增", "减"), ("增加", "减少"), ("增加", "减")])
    cells = doc.fresh(rng, lambda cell: cell.key[2] == "change" and doc.value(cell))
    for cell in cells:
        value = doc.value(cell)
        doc.say(cell, (more if value > 0 else less) + plain(abs(value)))
    return bool(cells)


@damage("a sign as a word and no number: 增")
def lone_sign_word(doc, rng):
    cells = doc.fresh(rng, lambda cell: cell.key[2] == "change" and doc.value(cell), 1)
    for cell in cells:
        doc.say(cell, rng.choice(["增", "减"]), "unreadable", ())
    return bool(cells)


@damage("signs of every kind in the change column: +19, ＋19, −3, －3, ↑19")
def printed_signs(doc, rng):
    cells = doc.fresh(rng, lambda cell: cell.key[2] == "change" and doc.value(cell))
    for cell in cells:
        value = doc.value(cell)
        sign = rng.choice(["+", "＋"]) if value > 0 else rng.choice(["−", "－", "-"])
        doc.say(cell, sign + plain(abs(value)))
    return bool(cells)


@damage("a range where a number should stand: 26-41")
def ranges(doc, rng):
    mark = rng.choice(["-", "~", "—", "至", "/"])
    return _spoil(doc, rng, _is_count(doc), lambda text: f"{text}{mark}{int(text) + rng.randint(1, 30)}")


@damage("an approximation: 约300, 300左右, 300余, 300以上")
def approximations(doc, rng):
    before, behind = rng.choice(
        [("约", ""), ("", "左右"), ("", "余"), ("", "以上"), ("近", ""), ("≈", ""), (">", "")]
    )
    return _spoil(doc, rng, _is_count(doc), lambda text: before + text + behind)


@damage("a number with a space or a mark between its digits: 2 641, 2’641")
def number_cut_by_mark(doc, rng):
    mark = rng.choice([" ", "’", "'", "\u00a0", "\u2009"])
    cells = doc.fresh(rng, lambda cell: _is_count(doc)(cell) and doc.value(cell) >= TWO_DIGITS, 2)
    for cell in cells:
        at = -3 if len(cell.text) > 3 else -1
        doc.say(cell, cell.text[:at] + mark + cell.text[at:], "unreadable", (doc.truth[cell.key].hidden,))
    return bool(cells)


@damage("a letter for a digit: 1O, l2, 12A7")
def letters_for_digits(doc, rng):
    def write(text):
        at = rng.randrange(len(text))
        return text[:at] + rng.choice("OlAIoS") + text[at + 1 :]

    return _spoil(doc, rng, lambda cell: _is_count(doc)(cell) and doc.value(cell) >= TWO_DIGITS, write)


@damage("a calculation in the cell: 10+2")
def calculation_in_cell(doc, rng):
    cells = doc.fresh(rng, lambda cell: _is_count(doc)(cell) and doc.value(cell) >= 2, 2)
    for cell in cells:
        part = rng.randint(1, int(cell.text) - 1)
        doc.say(cell, f"{part}+{int(cell.text) - part}", "unreadable", (doc.truth[cell.key].hidden,))
    return bool(cells)


@damage("a number in Chinese numerals: 三, 十二")
def chinese_numerals(doc, rng):
    digits = "零一二三四五六七八九十"
    cells = doc.fresh(rng, lambda cell: _is_count(doc)(cell) and doc.value(cell) <= TWO_DIGITS, 3)
    for cell in cells:
        doc.say(cell, digits[int(cell.text)], "unreadable", (doc.truth[cell.key].hidden,))
    return bool(cells)


@damage("a footnote mark in a circle or in brackets beside the number: ①26, 26②, 26[1]")
def footnote_marks(doc, rng):
    before, behind = rng.choice(
        [("①", ""), ("㈠", ""), ("", "②"), ("", "[1]"), ("", "*"), ("", "〔1〕"), ("⑴", "")]
    )
    return _rewrite(doc, rng, _is_count(doc), lambda text: before + text + behind)


@damage("two numbers in one cell: 12、3")
def two_numbers_in_one_cell(doc, rng):
    cells = doc.fresh(rng, lambda cell: cell.key[2] == "decisions" and _is_count(doc)(cell), 1)
    for cell in cells:
        doc.say(cell, f"{cell.text}、{rng.randint(0, 9)}", "unreadable", ())
    return bool(cells)


@damage("a printed figure contradicts the sums")
def arithmetic_error(doc, rng):
    cells = doc.fresh(rng, lambda cell: cell.key[0] != "disclosure" and doc.value(cell) is not None, 1)
    for cell in cells:
        wrong = doc.value(cell) + rng.choice([1, 1, 2, 10, -1])
        doc.say(cell, plain(abs(wrong)), allowed=(abs(wrong),))
        doc.sums_broken = True
    return bool(cells)


@damage("totals of table 4 are printed 0 beside parts that are not")
def totals_printed_zero(doc, rng):
    def wanted(cell):
        return cell.key[0] == "disputes" and cell.key[2] == "total" and _is_positive(doc)(cell)

    cells = doc.fresh(rng, wanted)
    for cell in cells:
        doc.say(cell, "0", allowed=(Decimal(0),))
        doc.sums_broken = True
    return bool(cells)


def _mark(doc, rng, extra, style, count=3):
    """Add a piece in another style before or behind some numbers; nobody counts it to the number."""
    cells = doc.fresh(rng, lambda cell: doc.value(cell) is not None and not cell.marks, count)
    for cell in cells:
        text = extra(cell)
        pieces = [(cell.text, ""), (text, style)]
        cell.marks = pieces if rng.random() < 0.6 else pieces[::-1]
    return bool(cells)


def _digits(rng):
    return lambda cell: str(rng.randint(1, 99))


@damage("hidden digits beside a number: display:none, Word's hidden text", RICH)
def hidden_digits(doc, rng):
    return _mark(doc, rng, _digits(rng), "hidden")


@damage("digits hidden by a class of the style sheet", HTML)
def hidden_by_class(doc, rng):
    return _mark(doc, rng, _digits(rng), "class")


@damage(
    "digits hidden in other ways: visibility, off the page, the attribute, no opacity, a white class", HTML
)
def hidden_in_other_ways(doc, rng):
    style = rng.choice(["invisible", "off the page", "attribute", "clear", "white class"])
    return _mark(doc, rng, _digits(rng), style)


@damage("digits hidden or struck by a character style of the Word file", ("docx",))
def hidden_by_word_style(doc, rng):
    return _mark(doc, rng, _digits(rng), "styled")


@damage("white digits on white paper", (*RICH, "xlsx", "pdf"))
def white_digits(doc, rng):
    return _mark(doc, rng, _digits(rng), "white")


@damage("digits of no size", HTML)
def digits_of_no_size(doc, rng):
    return _mark(doc, rng, _digits(rng), "zero")


@damage("an html comment with digits within the cell", HTML)
def comment_in_cell(doc, rng):
    return _mark(doc, rng, _digits(rng), "comment")


@damage("a struck number beside the right one", (*RICH, "xlsx", "pdf"))
def struck_digits(doc, rng):
    return _mark(doc, rng, _digits(rng), "struck")


@damage("a raised footnote number behind the number", (*RICH, "xlsx", "pdf"))
def raised_note(doc, rng):
    cells = doc.fresh(rng, lambda cell: doc.value(cell) is not None, 3)
    for cell in cells:
        cell.marks = [(cell.text, ""), (str(rng.randint(1, 4)), "raised")]
    return bool(cells)


@damage("a reading aid with digits (ruby)", HTML)
def reading_aid(doc, rng):
    return _mark(doc, rng, _digits(rng), "reading", 2)


@damage("a number cut over tags or runs: 20 | 23", RICH)
def number_cut_over_tags(doc, rng):
    cells = doc.fresh(rng, lambda cell: len(cell.text) > 1 and cell.text.isdigit())
    for cell in cells:
        at = rng.randint(1, len(cell.text) - 1)
        cell.marks = [(cell.text[:at], "piece"), (cell.text[at:], "piece")]
    return bool(cells)


@damage(
    "spaces around numbers, also wide ones and those that do not break",
    (*RICH, "xlsx", "md", "tabs", "cells"),
)
def spaces_around(doc, rng):
    space = rng.choice([" ", "\u3000", "\u00a0", "\u200b"])
    return _rewrite(doc, rng, lambda cell: doc.value(cell) is not None, lambda text: space + text + space, 20)


@damage("a zero before the number: 07, 012")
def leading_zeros(doc, rng):
    return _rewrite(doc, rng, _is_count(doc), lambda text: "0" + text)


@damage("a full stop or a comma behind the number", (*PLAIN, *RICH))
def stop_behind(doc, rng):
    stop = rng.choice(["。", "；", "，"])
    return _rewrite(doc, rng, _is_count(doc), lambda text: text + stop)


@damage("placeholders of an unfilled form: xx, ×, ****, #REF!")
def placeholders(doc, rng):
    text = rng.choice(["xx", "×", "***", "#REF!", "?", "待统计"])
    return _spoil(doc, rng, lambda cell: doc.value(cell) is not None, lambda _: text, 3)


@damage("a percentage in the place of a count")
def percentages(doc, rng):
    return _spoil(
        doc, rng, lambda cell: _is_count(doc)(cell) and cell.key[0] == "requests", lambda text: f"{text}%"
    )


@damage("the amount in 元 where the form wants 万元")
def amount_in_yuan(doc, rng):
    cells = doc.fresh(rng, lambda cell: cell.key[2] == "amount" and _is_positive(doc)(cell))
    for cell in cells:
        yuan = doc.value(cell) * 10000
        if cell.key[1] == "procurement":  # the 2019 form names no unit: the number is the value
            doc.say(cell, plain(yuan.normalize()) + "元", allowed=(yuan, doc.truth[cell.key].hidden))
        else:
            doc.say(cell, plain(yuan.normalize()) + "元", "unreadable", (doc.truth[cell.key].hidden,))
    return bool(cells)
