//! Tables to take away: CSV after RFC 4180, UTF-8 with a byte-order mark so that spreadsheets read the names right, and
//! no cell that a spreadsheet would run, or that reads otherwise than it is.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::kit::error::AppError;
use crate::kit::escape::straight;

/// Cells of one line.
pub type Row = Vec<String>;

const MARK: &[u8] = b"\xef\xbb\xbf";
/// A spreadsheet takes a cell that begins so for a formula (CSV injection); an apostrophe makes it text again.
/// The wide letters of East Asian keyboards do too.
const FORMULA: [char; 9] = ['=', '+', '-', '@', '|', '＝', '＋', '－', '＠'];
/// What begins a cell in a spreadsheet that reads the file by other rules than ours: one with Dutch settings parts cells
/// at semicolons, and where a quote does not begin a cell, at line breaks too, whatever is quoted.
const BEGINS: [char; 4] = [';', '\t', '\r', '\n'];

/// An answer that downloads as `name`, line by line as `pages` come: a list of any length costs the memory of one page.
/// A page that fails breaks the download off: the browser tells, and nobody takes a shorter list for the whole one.
pub fn download(
    name: &str,
    head: Row,
    pages: impl Stream<Item = Result<Vec<Row>, AppError>> + Send + 'static,
) -> Response {
    let lines = stream::once(async { Ok(vec![head]) }).chain(pages);
    let body = stream::once(async { Ok(MARK.to_vec()) }).chain(
        lines
            .map_ok(|rows: Vec<Row>| written(&rows).into_bytes())
            .map_err(|error| std::io::Error::other(error.to_string())),
    );
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{safe}.csv\"")),
    ];
    (headers, Body::from_stream(body)).into_response()
}

fn written(rows: &[Row]) -> String {
    let lines = rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().map(|cell| quoted(&harmless(&straight(cell)))).collect();
        format!("{}\r\n", cells.join(","))
    });
    lines.collect()
}

/// In quotes where it must be, and where another spreadsheet might part it.
fn quoted(cell: &str) -> String {
    if cell.contains(|c: char| c == ',' || c == '"' || BEGINS.contains(&c)) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// With an apostrophe before whatever a spreadsheet may run: at the beginning, and after what it may take for one.
fn harmless(cell: &str) -> String {
    let mut safe = String::with_capacity(cell.len() + 1);
    if cell.starts_with(['\t', '\r', '\n']) || runs(cell) {
        safe.push('\'');
    }
    for (at, c) in cell.char_indices() {
        safe.push(c);
        if BEGINS.contains(&c) && runs(&cell[at + c.len_utf8()..]) {
            safe.push('\'');
        }
    }
    safe
}

/// Whether a cell that begins so may be taken for a formula; quotes and spaces before it are taken away.
fn runs(rest: &str) -> bool {
    rest.trim_start_matches(['"', ' ', '\u{a0}']).starts_with(FORMULA)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    async fn text(pages: Vec<Result<Vec<Row>, AppError>>) -> Result<String, axum::Error> {
        let answer = download("requests/2026", row(&["Customer", "Reason"]), stream::iter(pages));
        assert_eq!(answer.headers()[CONTENT_DISPOSITION], "attachment; filename=\"requests-2026.csv\"");
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await?;
        Ok(String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_page_follows_one_head_and_nothing_can_run() {
        let first = vec![row(&["Café \"Zuid\", B.V.", "a\nb"])];
        let second = vec![row(&["=HYPERLINK(\"http://evil.example\")", "-2+3"])];
        let expected = "\u{feff}Customer,Reason\r\n\"Café \"\"Zuid\"\", B.V.\",\"a\nb\"\r\n\
                        \"'=HYPERLINK(\"\"http://evil.example\"\")\",'-2+3\r\n";
        assert_eq!(text(vec![Ok(first), Ok(second)]).await.unwrap(), expected);
    }

    #[test]
    fn what_begins_a_cell_by_other_rules_cannot_run_either() {
        for (cell, safe) in [
            ("a;=1+1", "a;'=1+1"),
            ("a;\"=1+1", "a;'\"=1+1"),
            ("a; @SUM(A1)", "a;' @SUM(A1)"),
            ("a\t=1+1", "a\t'=1+1"),
            ("a\r\n-1+1\n+2", "a\r\n'-1+1\n'+2"),
            ("\t=1+1", "'\t'=1+1"),
            (";=1", ";'=1"),
            (" =1+1", "' =1+1"),
            ("|calc", "'|calc"),
            ("a=b;c+d\ne-f", "a=b;c+d\ne-f"),
            ("a;b", "a;b"),
            ("é;=1", "é;'=1"),
            ("＝1+1", "'＝1+1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠SUM(A1)", "'＠SUM(A1)"),
            ("a;＝1", "a;'＝1"),
            ("a＝b", "a＝b"),
        ] {
            assert_eq!(harmless(cell), safe, "{cell:?}");
        }
    }

    #[test]
    fn a_cell_with_a_semicolon_stays_one_cell() {
        assert_eq!(written(&[row(&["a;b", "c", "d\te"])]), "\"a;b\",c,\"d\te\"\r\n");
    }

    #[test]
    fn what_turns_the_direction_is_named_and_hides_no_formula() {
        for (cell, line) in [
            ("ada\u{202e}gnp.exe", "ada[U+202E]gnp.exe"),
            ("\u{2066}=1+1\u{2069}", "[U+2066]=1+1[U+2069]"),
            ("a;\u{200f}=1", "\"a;[U+200F]=1\""),
            ("שלום", "שלום"),
        ] {
            assert_eq!(written(&[row(&[cell])]), format!("{line}\r\n"), "{cell:?}");
        }
    }

    #[tokio::test]
    async fn a_page_that_fails_breaks_the_download_off() {
        assert!(text(vec![Ok(vec![row(&["a", "b"])]), Err(AppError::Away)]).await.is_err());
    }
}
