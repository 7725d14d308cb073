//! Embeds stylesheet, script and icons under names that hold their hash, compressed beforehand.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

/// Icons of @tabler/icons (outline) that the templates use.
const ICONS: &[&str] = &[
    "alert-triangle",
    "arrow-back-up",
    "arrow-right",
    "building",
    "calendar-due",
    "certificate",
    "check",
    "chevron-right",
    "circle",
    "circle-check",
    "circle-x",
    "clock",
    "copy",
    "download",
    "external-link",
    "eye",
    "file-text",
    "hand-stop",
    "heartbeat",
    "help-circle",
    "history",
    "inbox",
    "info-circle",
    "key",
    "keyboard",
    "language",
    "layout-dashboard",
    "link",
    "list-check",
    "loader",
    "lock",
    "logout",
    "pencil",
    "player-pause",
    "player-play",
    "plus",
    "refresh",
    "search",
    "send",
    "settings",
    "shield-lock",
    "sun-moon",
    "trash",
    "user",
    "users",
    "x",
];

/// Name in templates, file, content type.
const FILES: &[(&str, &str, &str)] = &[
    ("tabler.css", "node_modules/@tabler/core/dist/css/tabler.min.css", "text/css; charset=utf-8"),
    ("portal.css", "static/portal.css", "text/css; charset=utf-8"),
    ("portal.js", "static/portal.js", "text/javascript; charset=utf-8"),
    ("theme.js", "static/theme.js", "text/javascript; charset=utf-8"),
    ("favicon.svg", "static/favicon.svg", "image/svg+xml"),
];

pub fn build() -> Result<(), String> {
    let out = env::var("OUT_DIR").map_err(|error| error.to_string())?;
    let out = Path::new(&out);
    let mut table = String::from("static ASSETS: &[Asset] = &[\n");
    for (name, file, kind) in FILES {
        println!("cargo::rerun-if-changed={file}");
        add(out, &mut table, name, kind, &without_map(&read(file)?))?;
    }
    add(out, &mut table, "icons.svg", "image/svg+xml", &sprite()?)?;
    table.push_str("];\n");
    fs::write(out.join("assets.rs"), table).map_err(|error| error.to_string())
}

fn read(file: &str) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| {
        let hint = if file.starts_with("node_modules") { ": run `make setup` (npm ci) first" } else { "" };
        format!("{file}: {error}{hint}")
    })
}

/// The map is not shipped, so nothing may point to it.
fn without_map(text: &str) -> String {
    text.lines().filter(|line| !line.contains("sourceMappingURL=")).collect::<Vec<_>>().join("\n")
}

/// One file with a symbol per icon.
fn sprite() -> Result<String, String> {
    let mut sprite = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\">");
    for icon in ICONS {
        let file = format!("node_modules/@tabler/icons/icons/outline/{icon}.svg");
        let text = read(&file)?;
        let start = text.find("<svg").and_then(|at| text[at..].find('>').map(|end| at + end + 1));
        let inner =
            start.and_then(|start| text.rfind("</svg>").map(|end| text[start..end].trim().to_owned()));
        let inner = inner.ok_or_else(|| format!("{file} is no icon"))?;
        let _ = write!(
            sprite,
            "<symbol id=\"{icon}\" viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" \
             stroke-linecap=\"round\" stroke-linejoin=\"round\">{inner}</symbol>"
        );
    }
    sprite.push_str("</svg>");
    Ok(sprite)
}

fn add(out: &Path, table: &mut String, name: &str, kind: &str, text: &str) -> Result<(), String> {
    let hash: String =
        Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let (stem, ending) = name.rsplit_once('.').ok_or("a name without ending")?;
    let path = format!("/assets/{stem}.{hash}.{ending}");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes()).map_err(|error| error.to_string())?;
    let gzip = gzip.finish().map_err(|error| error.to_string())?;
    fs::write(out.join(name), text).map_err(|error| error.to_string())?;
    fs::write(out.join(format!("{name}.gz")), gzip).map_err(|error| error.to_string())?;
    let _ = writeln!(
        table,
        "    Asset {{ name: {name:?}, path: {path:?}, kind: {kind:?}, \
         body: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")), \
         gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.gz\")) }},"
    );
    Ok(())
}
