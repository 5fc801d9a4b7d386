"""Writes what a program for TARGET contains: the licenses of its crates, and an SBOM in CycloneDX.

usage: inventory.py TARGET FOLDER
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "podslate"
# The worker and the page are embedded in the program, each compiled for a target of its own.
EMBEDDED = {"project-init": "wasm32-wasip1", "podslate-frontend": "wasm32-unknown-unknown"}
LICENSE_FILES = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
LOCKED = re.compile(r'name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(.+)"')


def cargo(*args):
    command = ["cargo", *args, "--locked"]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def dependencies(package, target):
    """The crates of a package, by name and version, each with those that it uses."""
    tree = cargo(
        "tree", "--package", package, "--target", target,
        "--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", " {p}",
    )  # fmt: skip
    used, path = {}, []
    for line in tree.splitlines():
        depth, name, version = line.split()[:3]
        crate = name, version.removeprefix("v")
        del path[int(depth) :]
        used.setdefault(crate, set())
        if path:
            used[path[-1]].add(crate)
        path.append(crate)
    return used


def described(targets):
    """Cargo's descriptions of the crates for some targets, by name and version."""
    packages = {}
    for target in targets:
        metadata = cargo("metadata", "--format-version", "1", "--filter-platform", target)
        for package in json.loads(metadata)["packages"]:
            packages[package["name"], package["version"]] = package
    return packages


def license_texts(package):
    """The license files of a crate."""
    folder = Path(package["manifest_path"]).parent
    files = sorted(file for file in folder.iterdir() if file.is_file())
    for file in files:
        if LICENSE_FILES.match(file.name) and file.suffix != ".rs":
            text = file.read_text(encoding="utf-8", errors="replace")
            yield "\n".join(line.rstrip() for line in text.strip().splitlines())


def notices(crates, packages, target):
    """The licenses of others' crates: equal texts are printed once."""
    texts, without = {}, []
    for crate in sorted(crates):
        package = packages[crate]
        if package["source"] is None:
            continue
        title = f"{crate[0]} {crate[1]} ({package['license']})"
        found = list(license_texts(package))
        for text in found:
            texts.setdefault(text, []).append(title)
        if not found:
            without.append(f"- {title}, {package['repository'] or 'crates.io'}")
    blocks = [
        f"podslate contains, beside its own code, the software below.\n\n"
        f"The standard library of Rust: MIT OR Apache-2.0, The Rust Project contributors."
    ]
    if "musl" in target:
        musl = "musl libc\n\n" + (ROOT / "packaging/musl-license.txt").read_text(encoding="utf-8")
        blocks.append(musl.strip())
    for text, titles in texts.items():
        blocks.append("\n".join(f"- {title}" for title in titles) + "\n\n" + text)
    if without:
        blocks.append("Crates that name a license, and come without its text:\n\n" + "\n".join(without))
    return ("\n\n" + "-" * 80 + "\n\n").join(blocks) + "\n"


def component(crate, package, checksums):
    name, version = crate
    kind = ComponentType.APPLICATION if name == PROGRAM else ComponentType.LIBRARY
    is_own = package["source"] is None
    purl = PackageURL("generic" if is_own else "cargo", name=name, version=version)
    checksum = checksums.get(crate)
    return Component(
        name=name,
        version=version,
        type=kind,
        purl=purl,
        bom_ref=str(purl),
        description=package["description"],
        licenses=[LicenseExpression(package["license"].replace("/", " OR "))],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum)] if checksum else [],
    )


def sbom(used, packages):
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    checksums = {match[:2]: match[2] for match in LOCKED.findall(lock)}
    components = {crate: component(crate, packages[crate], checksums) for crate in used}
    bom = Bom()
    program = next(crate for crate in used if crate[0] == PROGRAM)
    bom.metadata.component = components.pop(program)
    bom.components.update(components.values())
    components[program] = bom.metadata.component
    for crate, uses in used.items():
        bom.register_dependency(components[crate], [components[one] for one in uses])
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def main(target, folder):
    used = dependencies(PROGRAM, target)
    program = next(iter(used))
    for package, wasm in EMBEDDED.items():
        embedded = dependencies(package, wasm)
        used[program].add(next(iter(embedded)))
        for crate, uses in embedded.items():
            used.setdefault(crate, set()).update(uses)
    packages = described([target, *EMBEDDED.values()])
    folder = Path(folder)
    text = notices(used, packages, target)
    (folder / "THIRD-PARTY-NOTICES.txt").write_text(text, encoding="utf-8", newline="\n")
    (folder / f"{PROGRAM}.cdx.json").write_text(sbom(used, packages), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
