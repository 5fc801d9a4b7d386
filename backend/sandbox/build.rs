//! Tells the crate which machine it is built for, which only cargo knows exactly.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Ok(target) = std::env::var("TARGET") {
        println!("cargo::rustc-env=PODSLATE_TARGET={target}");
    }
}
