//! The program: see `mssp_portal::program`.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    mssp_portal::program::main().await
}
