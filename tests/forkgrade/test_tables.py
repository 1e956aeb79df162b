"""A table is read as any platform writes it, and refused in one sentence where it is none."""

import pytest
from forkgrade.tables import BadTable, csv_text, plain, read_table, unquoted


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        (b'a,b\n"1,2",3\n', ","),
        ('\ufeffa;b\r\n"1,2";3\r\n'.encode(), ";"),
        (b" a\tb \n\n1,2\t3\n", "\t"),
        (b'a,b\n,\n"1,2",3,too many\n', ","),
    ],
)
def test_commas_semicolons_and_tabs_are_read(tmp_path, content, delimiter):
    (tmp_path / "x.csv").write_bytes(content)
    table = read_table(tmp_path / "x.csv")
    assert (table.header, table.rows, table.delimiter) == (["a", "b"], [["1,2", "3"]], delimiter)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("Zoë".encode("latin-1"), "is not UTF-8: save it again as CSV UTF-8"),
        (b"", "is empty: expected a row"),
        (b" , \n", "is empty"),
        (b'a,b\n"1', "is no CSV file (unexpected end of data)"),
        (None, "cannot be read (No such file"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path, content, says):
    if content is not None:
        (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(BadTable) as caught:
        read_table(tmp_path / "x.csv")
    assert says in str(caught.value) and str(caught.value).startswith(str(tmp_path / "x.csv"))


def test_a_table_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("forkgrade.tables.MOST", 4)
    (tmp_path / "x.csv").write_bytes(b"a,b,c")
    with pytest.raises(BadTable, match="has more than 0 MiB"):
        read_table(tmp_path / "x.csv")


@pytest.mark.parametrize("value", ["=2+5", "+1+1", "-1+2", "@SUM(A1)", "-", '="=2"', "plain", "-5"])
def test_no_spreadsheet_runs_what_is_plain_and_it_can_be_undone(value):
    assert plain(value)[0] not in "=+@"
    assert plain(value).startswith("-") == (value == "-5")
    assert unquoted(plain(value)) == value


def test_rows_are_written_with_the_delimiter_of_the_table():
    assert csv_text([["a;b", "c"], ["1", ""]], ";") == '"a;b";c\r\n1;\r\n'
