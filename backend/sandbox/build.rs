//! Passes the target triple on to the crate.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Ok(target) = std::env::var("TARGET") {
        println!("cargo::rustc-env=PODSLATE_TARGET={target}");
    }
}
