//! Tables to take away: CSV after RFC 4180, UTF-8 with a byte-order mark so that spreadsheets read the names right, and
//! no cell that a spreadsheet would run.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::kit::error::AppError;

/// Cells of one line.
pub type Row = Vec<String>;

const MARK: &[u8] = b"\xef\xbb\xbf";
/// A spreadsheet takes a cell that begins so for a formula (CSV injection); an apostrophe makes it text again.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\t', '\r', '\n', '|'];

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
            .and_then(async |rows: Vec<Row>| written(&rows))
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

fn written(rows: &[Row]) -> Result<Vec<u8>, AppError> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell))).map_err(anyhow::Error::new)?;
    }
    Ok(writer.into_inner().map_err(|error| anyhow::Error::new(error.into_error()))?)
}

fn harmless(cell: &str) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
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

    #[tokio::test]
    async fn a_page_that_fails_breaks_the_download_off() {
        assert!(text(vec![Ok(vec![row(&["a", "b"])]), Err(AppError::Away)]).await.is_err());
    }
}
