//! Embeds the worker and the page: compresses the page's files, names each by a hash of its content,
//! and hashes the scripts that the page may run.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

const INDEX: &str = "index.html";
const COMPILED: &str = "project-init.cwasm";

/// A file of the page.
struct Asset {
    path: String,
    content: Vec<u8>,
    is_immutable: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=PODSLATE_ARTIFACTS");
    let artifacts = match env::var_os("PODSLATE_ARTIFACTS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../target/artifacts"),
    };
    println!("cargo::rerun-if-changed={}", artifacts.display());
    if !artifacts.join("web").join(INDEX).is_file() {
        println!("cargo::error=the worker and the page are missing: run `cargo xtask build`");
        return Ok(());
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut code = String::new();
    let (target, host) = (env::var("TARGET")?, env::var("HOST")?);
    let compiled = artifacts.join(if target == host { "" } else { &target });
    if !compiled.join(COMPILED).is_file() {
        println!("cargo::error=the worker is missing: run `cargo xtask build --target {target}`");
        return Ok(());
    }
    for (name, path) in [
        ("WORKER", artifacts.join("project-init.wasm")),
        ("WORKER_COMPILED", compiled.join(COMPILED)),
    ] {
        let path = path.canonicalize()?;
        writeln!(code, "const {name}: &[u8] = include_bytes!({path:?});")?;
    }
    let assets = read_assets(&artifacts.join("web"))?;
    let index = assets
        .iter()
        .find(|asset| asset.path == INDEX)
        .ok_or("no index.html")?;
    let hashes = script_hashes(std::str::from_utf8(&index.content)?);
    writeln!(
        code,
        "/// Hashes of the page's own scripts, for its policy.\n\
         pub const SCRIPT_HASHES: &str = {hashes:?};\n\
         /// Files of the page.\n\
         pub const FILES: &[File] = &["
    )?;
    for (number, asset) in assets.iter().enumerate() {
        write_asset(&mut code, asset, &out.join(format!("asset-{number}")))?;
    }
    writeln!(code, "];")?;
    fs::write(out.join("embedded.rs"), code)?;
    Ok(())
}

/// Reads the page's files. The hashes in their names do not cover the final bytes, so they are
/// replaced by hashes that do, in the names and in the page.
fn read_assets(folder: &Path) -> Result<Vec<Asset>, Box<dyn Error>> {
    let mut index = fs::read_to_string(folder.join(INDEX))?;
    let mut assets = Vec::new();
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or("a file name is not Unicode")?;
        if name == INDEX {
            continue;
        }
        let content = fs::read(&path)?;
        let renamed = with_hash_of(name, &content);
        if let Some(renamed) = &renamed {
            index = index.replace(name, renamed);
        }
        assets.push(Asset {
            is_immutable: renamed.is_some(),
            path: renamed.unwrap_or_else(|| name.to_owned()),
            content,
        });
    }
    assets.push(Asset {
        path: INDEX.to_owned(),
        content: index.into_bytes(),
        is_immutable: false,
    });
    Ok(assets)
}

/// A name like `name-<hash>.css` with the hash of `content`; `None` for a name without a hash.
fn with_hash_of(name: &str, content: &[u8]) -> Option<String> {
    let (stem, rest) = name.rsplit_once('-')?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit())?;
    let hash = const_hex::encode(&Sha256::digest(content)[..8]);
    (end >= 12).then(|| format!("{stem}-{hash}{}", &rest[end..]))
}

/// Hashes of the scripts inside the page, in the form of its policy.
fn script_hashes(index: &str) -> String {
    let mut hashes = String::new();
    for script in index.split("<script").skip(1) {
        let inline = script.split_once('>').and_then(|(attributes, rest)| {
            let (text, _) = rest.split_once("</script>")?;
            (!attributes.contains("src=")).then_some(text)
        });
        if let Some(text) = inline {
            let hash = BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
            hashes += &format!(" 'sha256-{hash}'");
        }
    }
    hashes
}

fn write_asset(code: &mut String, asset: &Asset, out: &Path) -> Result<(), Box<dyn Error>> {
    let mime = mime_guess::from_path(&asset.path).first_or_octet_stream();
    let mime = match mime.type_() {
        mime_guess::mime::TEXT => format!("{mime}; charset=utf-8"),
        _ => mime.to_string(),
    };
    let etag = format!(
        "\"{}\"",
        const_hex::encode(&Sha256::digest(&asset.content)[..16])
    );
    let plain = store(out, "plain", &asset.content)?;
    let mut encodings = String::new();
    for (name, bytes) in [
        ("br", brotli(&asset.content)?),
        ("gzip", gzip(&asset.content)?),
    ] {
        if bytes.len() < asset.content.len() {
            write!(encodings, "({name:?}, {}), ", store(out, name, &bytes)?)?;
        }
    }
    writeln!(
        code,
        "    File {{ path: {:?}, mime: {mime:?}, etag: {etag:?}, is_immutable: {}, plain: {plain}, \
         encodings: &[{encodings}] }},",
        asset.path, asset.is_immutable
    )?;
    Ok(())
}

/// Stores a file and returns the code that embeds it.
fn store(out: &Path, extension: &str, bytes: &[u8]) -> Result<String, Box<dyn Error>> {
    let path = out.with_extension(extension);
    fs::write(&path, bytes)?;
    Ok(format!("include_bytes!({path:?})"))
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut out = Vec::new();
    brotli::CompressorWriter::new(&mut out, 4096, 11, 22).write_all(bytes)?;
    Ok(out)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
