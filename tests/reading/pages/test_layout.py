from reportlib.reading.document import Grid, Paragraph
from reportlib.reading.pages.layout import blocks
from reportlib.reading.pages.ruled import lattices
from reportlib.reading.pages.words import PageContent, Ruling, Word


def word(text: str, x: float, y: float, size: float = 10) -> Word:
    """Text of half-square characters from x, its middle at y."""
    return Word(text, x, y - size / 2, x + len(text) * size / 2, y + size / 2)


def cjk(text: str, x: float, y: float, size: float = 10) -> Word:
    return Word(text, x, y - size / 2, x + len(text) * size, y + size / 2)


def across(y: float, left: float, right: float) -> Ruling:
    return Ruling(left, y - 0.3, right, y + 0.3)


def down(x: float, top: float, bottom: float) -> Ruling:
    return Ruling(x - 0.3, top, x + 0.3, bottom)


def lines(xs: list[float], ys: list[float]) -> list[Ruling]:
    return [*(across(y, xs[0], xs[-1]) for y in ys), *(down(x, ys[0], ys[-1]) for x in xs)]


def page(words: list[Word], rulings: list[Ruling] | None = None, number: int = 1) -> PageContent:
    return PageContent(number, 595, 842, words, rulings or [])


def row(y: float, *texts: str, xs: tuple[float, ...] = (60, 210, 310)) -> list[Word]:
    return [word(text, x, y) for text, x in zip(texts, xs, strict=True) if text]


def rows(grid: Grid | Paragraph) -> list[list[str]]:
    assert isinstance(grid, Grid)
    return [[cell.text for cell in line] for line in grid.rows()]


COLUMNS = [50.0, 200.0, 300.0, 400.0]


def test_a_missing_line_between_two_cells_makes_one_that_spans() -> None:
    rulings = [*lines([50, 200, 400], [100, 120, 140]), down(300, 120, 140)]
    (grid,), _ = blocks([page([word("over", 250, 110), *row(130, "a", "1", "2")], rulings)])
    assert [(c.text, c.row, c.column, c.rowspan, c.colspan) for c in grid.cells] == [  # type: ignore[union-attr]
        ("", 0, 0, 1, 1), ("over", 0, 1, 1, 2), ("a", 1, 0, 1, 1), ("1", 1, 1, 1, 1), ("2", 1, 2, 1, 1),
    ]  # fmt: skip


def test_lines_drawn_twice_or_with_gaps_are_one_line() -> None:
    rulings = []
    for top, bottom in ((100, 118), (120.5, 138)):
        for left, right in ((50, 198), (200.5, 300)):
            rulings += lines([left, right], [top, bottom])
    (lattice,) = lattices(rulings)
    assert [(a.row, a.column) for a in lattice.areas] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_underlines_and_frames_are_no_tables() -> None:
    rulings = [across(115, 60, 100), *lines([20, 575], [20, 822])]
    (block,), _ = blocks([page([word("underlined", 60, 110)], rulings)])
    assert isinstance(block, Paragraph)


def test_a_table_without_its_outer_lines_keeps_its_outer_columns() -> None:
    rulings = [across(y, 50, 400) for y in (100, 120, 140)] + [down(x, 100, 140) for x in (200, 300)]
    (grid,), _ = blocks([page([*row(110, "a", "1", "2"), *row(130, "b", "3", "4")], rulings)])
    assert rows(grid) == [["a", "1", "2"], ["b", "3", "4"]]


def test_blank_cells_stay_blank_and_in_their_place() -> None:
    (grid,), _ = blocks(
        [page([*row(110, "a", "", "2"), *row(130, "b", "3", "")], lines(COLUMNS, [100, 120, 140]))]
    )
    assert rows(grid) == [["a", "", "2"], ["b", "3", ""]]


def test_a_vertical_label_is_read_from_the_top() -> None:
    label = [cjk(char, 60, 110 + 12 * n) for n, char in enumerate("办理结果")]
    (grid,), _ = blocks([page([*label, word("7", 210, 130)], lines([50, 200, 300], [100, 160]))])
    assert rows(grid) == [["办\n理\n结\n果", "7"]]


def test_words_of_one_number_far_apart_stay_apart() -> None:
    """Two numbers in one cell must not become one: whoever reads the cell has to decide."""
    (grid,), _ = blocks(
        [page([word("53", 210, 110), word("129", 240, 110)], lines([50, 200, 300], [100, 120]))]
    )
    assert rows(grid) == [["", "53 129"]]


def two_pages(
    first: list[Word], second: list[Word], gap: bool = True, between: str = ""
) -> list[Grid | Paragraph]:
    """A table of two rows at the foot of a page and one at the head of the next."""
    edges = lines(COLUMNS, [760, 780, 800]), lines(COLUMNS, [60, 80, 100])
    if not gap:  # no line closes the table at the page break
        edges = (
            [r for r in edges[0] if r.top < 790 or r.bottom - r.top > 5],
            [r for r in edges[1] if r.top > 70 or r.bottom - r.top > 5],
        )
    below = [word(between, 280, 820)] if between else []
    found, _ = blocks([page([*first, *below], edges[0], 1), page(second, edges[1], 2)])
    return found


def test_a_table_over_two_pages_is_one_on_each_and_the_page_number_between_is_gone() -> None:
    found = two_pages(
        [*row(770, "a", "1", "2"), *row(790, "b", "3", "4")],
        [*row(70, "c", "5", "6"), *row(90, "d", "7", "8")],
        between="- 3 -",
    )
    assert [rows(grid) for grid in found] == [
        [["a", "1", "2"], ["b", "3", "4"]], [["c", "5", "6"], ["d", "7", "8"]],
    ]  # fmt: skip
    assert [grid.cells[0].box.page for grid in found] == [1, 2]  # type: ignore[union-attr]


def test_the_halves_of_a_row_that_the_page_break_cut_are_joined() -> None:
    for gap in (False, True):
        found = two_pages(
            [*row(770, "a", "1", "2"), *row(790, "half", "3", "4")],
            [*row(70, "rest", "", ""), *row(90, "d", "7", "8")],
            gap,
        )
        assert rows(found[0]) == [["a", "1", "2"], ["half\nrest", "3", "4"]]
        assert rows(found[1]) == [["d", "7", "8"]]


def test_a_row_of_blanks_is_not_taken_for_the_rest_of_a_row_where_blanks_are_usual() -> None:
    found = two_pages(
        [*row(770, "a", "", "2"), *row(790, "b", "3", "4")],
        [*row(70, "c", "", ""), *row(90, "d", "7", "8")],
    )
    assert rows(found[1]) == [["c", "", ""], ["d", "7", "8"]]


def test_numbers_on_both_sides_of_an_open_page_break_stay_two_rows() -> None:
    found = two_pages(
        [*row(770, "a", "1", "2"), *row(790, "b", "3", "4")],
        [*row(70, "c", "5", "6"), *row(90, "d", "7", "8")],
        gap=False,
    )
    assert [line[1] for grid in found for line in rows(grid)] == ["1", "3", "5", "7"]


def test_figures_under_a_header_at_the_foot_of_a_page_are_no_rest_of_it() -> None:
    found = two_pages(
        [*row(770, "a", "1", "2"), *row(790, "x", "one", "two")],
        [*row(70, "7", "5", "6"), *row(90, "d", "7", "8")],
        gap=False,
    )
    assert rows(found[0])[1] == ["x", "one", "two"]
    assert rows(found[1])[0] == ["7", "5", "6"]


def test_a_row_is_not_put_together_with_one_of_other_columns_or_behind_a_heading() -> None:
    first = page(row(790, "a", "1", "2"), lines(COLUMNS, [780, 800]))
    other = lines([50, 120, 260, 400], [60, 80])
    found, _ = blocks([first, page([word("x", 60, 70)], other, 2)])
    assert [rows(grid) for grid in found] == [[["a", "1", "2"]], [["x", "", ""]]]
    heading = page([word("heading", 60, 50), word("c", 60, 70)], lines(COLUMNS, [60, 80]), 2)
    found, _ = blocks([first, heading])
    assert [type(block) for block in found] == [Grid, Paragraph, Grid]


def test_a_number_alone_at_the_foot_of_one_page_is_kept() -> None:
    """Without a mark around it and without a second page that counts on, it may be a figure."""
    (grid,), _ = blocks([page([word("9", 60, 790)], lines([50, 200, 300], [780, 800]))])
    assert rows(grid) == [["9", ""]]


def test_numbers_in_columns_are_a_table_without_any_line() -> None:
    xs = (60.0, 210.0, 260.0, 310.0)
    words = [*row(100, "first", "12", "0", "12", xs=xs), *row(130, "second", "3", "", "3", xs=xs)]
    words += [word("of two lines", 60, 142), *row(172, "third", "40", "5", "45", xs=xs)]
    (grid,), _ = blocks([page(words)])
    assert rows(grid) == [
        ["first", "12", "0", "12"],
        ["second\nof two lines", "3", "", "3"],
        ["third", "40", "5", "45"],
    ]


def test_numbers_that_stand_in_no_columns_are_text() -> None:
    words = [*row(100, "1", "22", "333", xs=(60, 100, 140)), *row(112, "4", "5" * 12, "6", xs=(60, 90, 160))]
    found, _ = blocks([page(words)])
    assert all(isinstance(block, Paragraph) for block in found)


def test_lines_of_a_paragraph_are_put_together_and_a_new_one_is_told_by_its_indent() -> None:
    words = [
        cjk("本年收到申请十二件其中", 70, 100),
        cjk("结转一件。", 50, 116),
        cjk("二是规范办理。", 70, 132),
    ]
    words[0] = words[0]._replace(right=180.0)
    words.append(cjk("宽行宽行宽行宽行宽行宽行", 60, 200))
    found, _ = blocks([page(words)])
    texts = [block.text for block in found if isinstance(block, Paragraph)]
    assert texts == ["本年收到申请十二件其中结转一件。", "二是规范办理。", "宽行宽行宽行宽行宽行宽行"]


def test_what_repeats_at_the_edge_of_the_pages_is_no_text() -> None:
    pages = [
        page([word("Annual report 2024", 60, 30), word(f"text {n} here", 60, 300)], number=n)
        for n in (1, 2, 3)
    ]
    pages[0].words.append(word("a line as wide as the text is on these pages", 60, 320))
    found, _ = blocks(pages)
    texts = [block.text for block in found if isinstance(block, Paragraph)]
    assert "".join(texts).count("Annual") == 0
    assert texts[0] == "text 1 here"


def test_a_frame_with_lines_across_only_leaves_the_columns_to_the_figures() -> None:
    rulings = [*(across(y, 50, 400) for y in (100, 120, 140)), down(50, 100, 140), down(400, 100, 140)]
    words = [*row(110, "a", "1", "2"), word("3", 350, 110), *row(130, "b", "4", "5"), word("6", 350, 130)]
    (grid,), _ = blocks([page(words, rulings)])
    assert rows(grid) == [["a", "1", "2", "3"], ["b", "4", "5", "6"]]


def test_numbers_below_each_other_are_one_only_where_the_cell_is_full() -> None:
    words = [word("12345", 55, 105), word("67", 62, 115), word("10", 110, 105), word("14", 110, 115)]
    (grid,), _ = blocks([page(words, lines([50, 85, 200], [98, 122]))])
    assert rows(grid) == [["12345\n67", "10\ufffd14"]]


def test_of_a_figure_on_two_lines_beside_figures_on_one_no_part_is_taken_for_the_whole() -> None:
    above = [word("14163", x, 125) for x in (150, 250)]
    below = [word("2", x + 10, 135) for x in (150, 250)]
    words = [*row(110, "a", "", ""), *(word(t, x, 110) for t, x in zip("123", (160, 210, 260), strict=True))]
    words += [*above, word("b", 60, 130), word("5297", 200, 130), *below]
    grid, paragraph = blocks([page(words)])[0]
    assert rows(grid) == [["a", "1", "2", "3"]]
    assert isinstance(paragraph, Paragraph)
    assert paragraph.text == "b 14163 2 5297 14163 2"


def test_two_figures_over_each_other_in_a_row_are_not_one() -> None:
    words = [word(t, x, 110) for t, x in (("a", 60), ("0", 160), ("2", 210), ("3", 260))]
    words += [word(t, x, 118) for t, x in (("2023", 155), ("2023", 400))]
    (grid,), _ = blocks([page(words)])
    assert rows(grid) == [["a", "2023 0", "2", "3", "2023"]]


def test_labels_above_their_figures_do_not_run_together() -> None:
    figures = [
        word(t, x, y)
        for y, digits in ((117, "034"), (139, "213"))
        for t, x in zip(digits, (160, 210, 260), strict=True)
    ]
    (grid,), _ = blocks([page([cjk("规章", 60, 108), cjk("行政规范性文件", 60, 130), *figures])])
    assert rows(grid) == [["规章", "0", "3", "4"], ["行政规范性文件", "2", "1", "3"]]


def test_the_line_below_the_last_row_is_no_rest_of_its_label() -> None:
    words = [
        w
        for y, t in ((110, "034"), (126, "213"))
        for w in (word(f"l{y}", 60, y), *(word(c, 160 + 50 * n, y) for n, c in enumerate(t)))
    ]
    (grid, paragraph), _ = blocks([page([*words, word("next", 60, 142)])])
    assert rows(grid) == [["l110", "0", "3", "4"], ["l126", "2", "1", "3"]]
    assert isinstance(paragraph, Paragraph)
    assert paragraph.text == "next"


def test_figures_with_units_and_slashes_stand_in_columns_too() -> None:
    words = [
        word(t, x, y)
        for y, texts in ((110, ("a", "4", "/", "1")), (130, ("b", "3", "2", "/")))
        for t, x in zip(texts, (60, 160, 210, 260), strict=True)
    ]
    words = [w._replace(text=f"{w.text}件", right=w.right + 10) if w.text.isdigit() else w for w in words]
    (grid,), _ = blocks([page(words)])
    assert rows(grid) == [["a", "4件", "/", "1件"], ["b", "3件", "2件", "/"]]


def test_rows_of_figures_that_make_no_table_stay_lines() -> None:
    texts = ["1 a 41 46 31 48 251", "2 b 10 11 10 10 252", "c 3"]
    found, _ = blocks([page([cjk(text, 60, 100 + 20 * n) for n, text in enumerate(texts)])])
    assert [block.text for block in found if isinstance(block, Paragraph)] == texts


def test_numbers_that_count_the_rows_are_none_of_their_figures() -> None:
    xs = (40.0, 80.0, 210.0, 260.0, 310.0)
    words = [*row(100, "1", "first", "12", "0", "12", xs=xs), *row(115, "2", "second", "3", "", "3", xs=xs)]
    words += row(130, "3", "third", "40", "5", "45", xs=xs)
    (grid,), _ = blocks([page(words)])
    assert rows(grid) == [
        ["1", "first", "12", "0", "12"], ["2", "second", "3", "", "3"], ["3", "third", "40", "5", "45"],
    ]  # fmt: skip


def test_figures_of_two_lines_that_reach_into_each_other_are_never_one() -> None:
    words = [word("27", 200, 100, 18), word("5", 40, 108, 18), word("6", 200, 108, 18)]
    found, _ = blocks([page(words)])
    texts = [block.text if isinstance(block, Paragraph) else str(rows(block)) for block in found]
    assert not any("275" in text or "276" in text for text in texts)


def test_a_row_without_labels_is_text_below_the_cells_of_its_header_one_by_one() -> None:
    xs = (60.0, 90.0, 120.0, 160.0, 190.0, 220.0)
    heading = word("2022", 60, 60)
    groups = [word("first", 85, 80), word("second", 185, 80)]
    upper = [word(t, x, y) for t, x, y in zip("abcdef", xs, (100, 100, 106, 100, 100, 106), strict=True)]
    lower = [word(t, x, 112) for t, x in zip("ABDE", (60, 90, 160, 190), strict=True)]
    figures = [word(str(n), x, 130) for n, x in enumerate(xs)]
    found, _ = blocks([page([heading, *groups, *upper, *lower, *figures])])
    texts = ["2022", "first", "second", "aA", "bB", "c", "dD", "eE", "f", "0 1 2 3 4 5"]
    assert [block.text for block in found if isinstance(block, Paragraph)] == texts


def test_a_figure_that_stands_a_little_lower_than_its_line_keeps_its_place_in_it() -> None:
    words = [word("label", 60, 100), word("6", 210, 100.5), word("0", 310, 100)]
    words.append(word("2", 215.2, 97.8, 5))  # the mark of a note
    (paragraph,), _ = blocks([page(words)])
    assert isinstance(paragraph, Paragraph)
    assert paragraph.text == "label 6² 0"
