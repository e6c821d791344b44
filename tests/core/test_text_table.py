"""A table is numbers in CSV, and the rules of booktabs in LaTeX."""

import csv
import io

from aegen.core.latex import escaped, typewriter
from aegen.core.text_table import TextTable

TABLE = TextTable(("layer_1", "50 %", "n"), (("fc_1", 1 / 3, 12345), ("a, b", -0.5, None)))


def test_csv_gives_back_every_digit():
    head, first, second = csv.reader(io.StringIO(TABLE.csv()))
    assert head == ["layer_1", "50 %", "n"]
    assert float(first[1]) == 1 / 3
    assert second == ["a, b", "-0.5", ""]


def test_latex_escapes_and_aligns():
    said = TABLE.latex(r"A \textbf{caption}.", "tab:it")
    assert r"\begin{tabular}{lrr}" in said
    assert r"layer\_1 & 50 \% & n \\" in said
    assert r"fc\_1 & 0.3333 & 12,345 \\" in said
    assert r"a, b & $-0.5$ & -- \\" in said
    assert r"\caption{A \textbf{caption}.}" in said
    for rule in ("toprule", "midrule", "bottomrule"):
        assert said.count(f"\\{rule}") == 1


def test_markdown_has_a_line_of_pipes_for_each_row():
    head, rule, *rows = TABLE.markdown().splitlines()
    assert head == f"| {' | '.join(TABLE.head)} |"
    assert rule.count("---") == len(TABLE.head)
    assert len(rows) == len(TABLE.rows)
    assert all(line.count("|") == len(TABLE.head) + 1 for line in rows)


def test_every_sign_that_latex_takes_for_its_own_is_written():
    assert escaped("a\\b~c^d&e%f$g#h_i{j}") == (
        r"a\textbackslash{}b\textasciitilde{}c\textasciicircum{}d\&e\%f\$g\#h\_i\{j\}"
    )
    assert typewriter("aegen --n 1") == r"\texttt{aegen -{}-n 1}"
