//! Tests of layout and accessibility in several window sizes and both color schemes.

use std::fs;

use thirtyfour::prelude::*;

use super::bench::{Bench, make_project, row};

const SIZES: [(&str, u32, u32); 4] = [
    ("360", 360, 740),
    ("768", 768, 1024),
    ("1280", 1280, 800),
    ("3840", 3840, 2160),
];

#[tokio::test]
async fn every_size_and_color_scheme_is_accessible_and_fits() {
    let bench = Bench::start().await;
    bench.emulate(1280, 800, false).await;
    bench.find("[data-testid=empty-state]").await;
    bench.screenshot("empty-1280-light").await;
    bench.assert_accessible("empty").await;

    fill_workspace(&bench).await;
    bench.fill("[data-testid=create-name]", "Gargoyle").await;
    bench.shows("[data-testid=create-path]", "Gargoyle").await;
    for (name, width, height) in SIZES {
        for dark in [false, true] {
            bench.emulate(width, height, dark).await;
            let scheme = if dark { "dark" } else { "light" };
            bench.screenshot(&format!("projects-{name}-{scheme}")).await;
            assert_fits(&bench, width).await;
            bench
                .assert_accessible(&format!("projects {name} {scheme}"))
                .await;
        }
    }
    bench.emulate(320, 640, false).await;
    assert_fits(&bench, 320).await;
    bench.close().await;
}

#[tokio::test]
async fn every_row_has_the_same_height_and_room_for_its_content() {
    let bench = Bench::start().await;
    // As long as names of projects and of other folders can be.
    let long = [64, 255].map(|length| "Mw".repeat(200)[..length].to_owned());
    for name in &long {
        make_project(&bench.workspace, name);
    }
    make_project(&bench.workspace, "Robot");
    make_project(&bench.workspace, "robot");
    fs::create_dir_all(bench.workspace.join("Broken name/0_input")).expect("a folder");
    bench
        .find("[data-name='Broken name'] [data-testid=warning]")
        .await;
    for (width, forced) in [
        (320, false),
        (400, false),
        (768, true),
        (1280, true),
        (1920, false),
    ] {
        bench.emulate(width, 800, false).await;
        bench.force_colors(forced).await;
        assert_fits(&bench, width).await;
        // Bottoms of what rows contain, below the bottom of the row, and distances between rows.
        let script = "const box = element => element.getBoundingClientRect(); \
                      const rows = [...document.querySelectorAll('.row')]; \
                      const over = rows.flatMap(row => [...row.querySelectorAll('*')]\
                      .filter(part => part.checkVisibility() && !part.closest('.hidden'))\
                      .filter(part => box(part).bottom > box(row).bottom + 0.5 \
                      || box(part).top < box(row).top - 0.5).map(part => part.outerHTML)); \
                      const gaps = rows.slice(1).map((row, index) => \
                      box(row).top - box(rows[index]).bottom); \
                      return [over, gaps.filter(gap => gap !== 0).map(String), \
                      rows.map(row => row.dataset.name)]";
        let [over, gaps, names]: [Vec<String>; 3] = bench.eval(script).await;
        assert_eq!((over, gaps), (Vec::new(), Vec::new()), "{width}");
        assert_eq!(names.len(), 5, "{names:?}");
    }
    bench.close().await;
}

#[tokio::test]
async fn errors_and_open_forms_are_accessible() {
    let mut bench = Bench::start().await;
    bench.emulate(1280, 800, true).await;
    bench.create("Robot").await;
    bench.fill("[data-testid=create-name]", "My Robot").await;
    bench.find("[data-testid=create-error]").await;
    let start = format!("{} [data-testid=rename-start]", row("Robot"));
    bench.find(&start).await.click().await.expect("a click");
    bench.fill("[data-testid=rename-input]", "a b").await;
    bench.shows("[data-testid=rename-error]", "a space").await;
    bench
        .find("[data-testid=tree] summary")
        .await
        .click()
        .await
        .expect("a click");
    bench.screenshot("errors-1280-dark").await;
    bench.assert_accessible("errors").await;
    bench.stop_server();
    bench.find("[data-testid=banner-unreachable]").await;
    bench.screenshot("unreachable-1280-dark").await;
    bench.assert_accessible("unreachable").await;
    bench.close().await;
}

/// Creates projects in different stages.
async fn fill_workspace(bench: &Bench) {
    let files: &[(&str, &[&str])] = &[
        (
            "Clockwork_Owl",
            &[
                "0_input/meshes/owl.fbx",
                "1_textures/albedo/albedo_1001.png",
            ],
        ),
        ("Exhibition", &[]),
        ("Harbor-Crane", &["0_input/meshes/crane.fbx"]),
        (
            "MyCharacter",
            &[
                "0_input/meshes/character_clean.fbx",
                "0_input/references/front.png",
                "1_textures/albedo/albedo_1001.png",
                "2_rig/autorig_output/character_rigged.fbx",
                "3_animation/retargeted/animation_retargeted.fbx",
                "4_export/gltf/character.glb",
            ],
        ),
        (
            "Robot_v2",
            &[
                "0_input/meshes/robot.fbx",
                "2_rig/config/humanoid_standard.json",
            ],
        ),
    ];
    for (name, paths) in files {
        bench.create(name).await;
        for path in *paths {
            fs::write(bench.workspace.join(name).join(path), "x").expect("a file");
        }
    }
    let last = format!("{} [data-stage='2_rig'][data-filled=true]", row("Robot_v2"));
    bench.find(&last).await;
    while let Ok(close) = bench.page.find(By::Css("[data-testid=toast] button")).await {
        if close.click().await.is_err() {
            break;
        }
    }
    bench.gone("[data-testid=toast]").await;
}

/// Asserts that the page is not wider than the window, and that a planted element makes it so.
async fn assert_fits(bench: &Bench, width: u32) {
    let page_width = async |script: &str| -> u32 {
        let script = format!("{script}; return document.documentElement.scrollWidth");
        let width = bench.page.execute(script, vec![]).await;
        width.expect("the script runs").convert().expect("a width")
    };
    let needed = page_width("").await;
    assert!(
        needed <= width,
        "the page is {needed} pixels wide, the window {width}"
    );
    let plant = format!(
        "const wide = document.createElement('div'); wide.id = 'planted'; \
         wide.style.width = '{}px'; wide.style.height = '1px'; document.body.append(wide)",
        width + 500
    );
    assert!(
        page_width(&plant).await > width,
        "a wide page goes unnoticed"
    );
    page_width("document.getElementById('planted').remove()").await;
}
