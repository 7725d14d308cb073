//! Build steps: the catalogues of texts and the embedded assets.

#[path = "build/assets.rs"]
mod assets;
#[path = "build/catalogue.rs"]
mod catalogue;

fn main() {
    if let Err(message) = catalogue::build().and_then(|()| assets::build()) {
        println!("cargo::error={message}");
        std::process::exit(1);
    }
}
