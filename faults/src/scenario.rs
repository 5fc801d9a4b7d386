//! A change of a workspace and what may be there after any fault in the middle of it.

use std::io;
use std::path::Path;

use podslate_shared::{Done, ProjectName, Report};

use crate::program::{Ask, Ended, Program};
use crate::tree::{Tree, make_old};

/// What a person has in the workspace; each text is in one file and must stay in one.
const PRECIOUS: [&str; 4] = [
    "precious-note",
    "precious-mesh",
    "precious-key",
    "precious-stray",
];

/// A change.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name in the results.
    pub name: &'static str,
    /// What is asked for.
    pub ask: Ask<'static>,
    /// The workspace before.
    pub before: Tree,
    /// What may be visible when the change was cut off, neither begun nor done.
    between: Between,
    /// What is visible when it is done.
    done: Tree,
    /// What is visible after a fault and recovery if the change had not begun.
    recovered: Tree,
}

/// What a change may show in the middle.
#[derive(Clone, Debug)]
enum Between {
    Nothing,
    One(Tree),
    /// What was there before, and any part of what is to be added.
    AnyPart,
}

/// The four changes.
pub fn all() -> [Scenario; 4] {
    [create(), complete(), rename(), recover()]
}

fn workspace() -> Tree {
    let mut tree = Tree::default();
    tree.file("notes.txt", "precious-note");
    tree.project("Keep", &name("Keep"));
    tree.file("Keep/0_input/meshes/mesh.obj", "precious-mesh");
    tree
}

fn name(text: &str) -> ProjectName {
    ProjectName::parse(text).expect("a good name")
}

fn config(says: &str) -> String {
    format!("{{\n  \"key\": [\"precious-key\", 1.0],\n  \"project_name\": \"{says}\"\n}}\n")
}

fn create() -> Scenario {
    let before = workspace();
    let mut done = before.clone();
    done.project("Robot", &name("Robot"));
    Scenario {
        name: "create",
        ask: Ask::Create("Robot"),
        recovered: before.clone(),
        before,
        between: Between::Nothing,
        done,
    }
}

fn complete() -> Scenario {
    let mut before = workspace();
    before.project("Part", &name("Part"));
    before.0.retain(|path, _| {
        !path.starts_with("Part/4_export") && !path.starts_with("Part/pipeline/config.json")
    });
    before.file("Part/0_input/meshes/own.obj", "precious-key");
    let mut done = before.clone();
    done.project("Part", &name("Part"));
    Scenario {
        name: "complete",
        ask: Ask::Complete("Part"),
        recovered: before.clone(),
        before,
        between: Between::AnyPart,
        done,
    }
}

fn rename() -> Scenario {
    let mut before = workspace();
    before.project("Old", &name("Old"));
    before.file("Old/pipeline/config.json", &config("Old"));
    let between = before.renamed("Old", "New");
    let mut done = between.clone();
    done.file("New/pipeline/config.json", &config("New"));
    Scenario {
        name: "rename",
        ask: Ask::Rename("Old", "New"),
        recovered: before.clone(),
        before,
        between: Between::One(between),
        done,
    }
}

fn recover() -> Scenario {
    let hidden = |number: u32| format!(".podslate-tmp-{number:032x}");
    let mut before = workspace();
    before.project("New", &name("New"));
    before.file("New/pipeline/config.json", &config("Old"));
    before.file(&format!("New/pipeline/{}", hidden(1)), "{\"half\":");
    before.project(&hidden(2), &name("Half"));
    before.project(&hidden(3), &name("Stray"));
    before.file(&format!("{}/2_rig/stray.txt", hidden(3)), "precious-stray");
    let mut done = before.visible();
    done.file("New/pipeline/config.json", &config("New"));
    Scenario {
        name: "recover",
        ask: Ask::Recover,
        before,
        between: Between::Nothing,
        recovered: done.clone(),
        done,
    }
}

impl Scenario {
    fn is_between(&self, visible: &Tree) -> bool {
        match &self.between {
            Between::Nothing => false,
            Between::One(tree) => tree == visible,
            Between::AnyPart => visible.has(&self.before.visible()) && self.done.has(visible),
        }
    }
}

/// Compares a workspace after a fault with everything that was promised; an error is what is wrong.
/// A program that was misled about what is there need not tell of what it did not see.
///
/// # Errors
/// What is wrong.
pub fn judge(
    scenario: &Scenario,
    program: &Program,
    workspace: &Path,
    ended: &Ended,
    is_misled: bool,
) -> Result<(), String> {
    let after = read(workspace)?;
    let is_done = after.visible() == scenario.done;
    let is_before = after.visible() == scenario.before.visible();
    let is_between = scenario.is_between(&after.visible());
    if !(is_done || is_before || is_between) {
        return Err(format!(
            "something half made is visible: {:?}",
            names(&after)
        ));
    }
    precious(scenario, &after)?;
    honest(scenario, ended, is_done, is_before, is_misled)?;
    let recovered = recover_thrice(program, workspace)?;
    let visible = after.visible();
    let expected = match (is_before, &scenario.between) {
        (true, _) => &scenario.recovered,
        (false, Between::AnyPart) => &visible,
        (false, _) => &scenario.done,
    };
    if recovered.visible() != *expected {
        return Err(format!(
            "recovery does not lead to the end: {:?}",
            names(&recovered)
        ));
    }
    precious(scenario, &recovered)?;
    let stray = |path: &&str| !path.starts_with(".podslate-trash-");
    if let Some(left) = recovered.hidden().into_iter().find(stray) {
        return Err(format!("recovery leaves {left}"));
    }
    again(scenario, program, workspace, is_before)
}

/// Whether the answer fits to what is there.
fn honest(
    scenario: &Scenario,
    ended: &Ended,
    is_done: bool,
    is_before: bool,
    is_misled: bool,
) -> Result<(), String> {
    let lie = |what: &str| Err(format!("{what}: exit {:?}, {}", ended.exit, ended.said));
    // What the language's own start does not survive is not the program's to survive.
    let is_start = ended.said.contains("library/std/src/sys/pal/") && is_before;
    if ended.said.contains("panicked") && !is_start {
        return lie("it panicked");
    }
    let told_exit = ended.report.as_ref().map(|report| match report {
        Report::Success(_) => 0,
        Report::Error(error) => i32::from(error.code.info().exit),
    });
    match (ended.exit, &ended.report) {
        (Some(0), Some(Report::Success(done))) => match done {
            Done::Recovered { repaired, left, .. } => {
                let is_told = is_misled || left.iter().any(|left| left.starts_with("New:"));
                match is_done == (repaired == &["New"]) && (is_done || is_told) {
                    true => Ok(()),
                    false => lie("it told another repair"),
                }
            }
            Done::Renamed { message, .. } if message.contains("could not be updated") => {
                match !is_before {
                    true => Ok(()),
                    false => lie("it told a rename that is none"),
                }
            }
            _ if is_done => Ok(()),
            _ => lie("it told a success that is none"),
        },
        (Some(0), _) => lie("success without an answer"),
        (Some(1), _) if !is_before => lie("it told a refusal of what it did"),
        (Some(exit), Some(_)) if told_exit != Some(exit) => lie("code and exit code differ"),
        (Some(exit), None) if exit < 2 => lie("no answer"),
        _ if scenario.before.0.is_empty() => lie("nothing to judge"),
        _ => Ok(()),
    }
}

/// Recovers three times: the first may change something, the others nothing.
fn recover_thrice(program: &Program, workspace: &Path) -> Result<Tree, String> {
    let mut trees = Vec::new();
    for _ in 0..3 {
        let now = read(workspace)?;
        make_old(workspace, &now).map_err(|error| error.to_string())?;
        let ended = program
            .ask(workspace, Ask::Recover)
            .map_err(|error| error.to_string())?;
        if ended.exit != Some(0) {
            return Err(format!("recovery fails: {}", ended.said));
        }
        trees.push(read(workspace)?);
    }
    match trees[0] == trees[1] && trees[1] == trees[2] {
        true => Ok(trees.swap_remove(0)),
        false => Err("another recovery changes something again".to_owned()),
    }
}

/// The same change works afterwards, unless it is done already.
fn again(
    scenario: &Scenario,
    program: &Program,
    workspace: &Path,
    is_before: bool,
) -> Result<(), String> {
    if scenario.ask == Ask::Recover {
        return Ok(());
    }
    let ended = program
        .ask(workspace, scenario.ask)
        .map_err(|error| error.to_string())?;
    let is_refused = !is_before && !matches!(scenario.ask, Ask::Complete(_));
    let expected = i32::from(is_refused);
    if ended.exit != Some(expected) || read(workspace)?.visible() != scenario.done {
        return Err(format!(
            "the same change afterwards: {:?}, {}",
            ended.exit, ended.said
        ));
    }
    Ok(())
}

fn precious(scenario: &Scenario, after: &Tree) -> Result<(), String> {
    for text in PRECIOUS {
        let (before, after) = (scenario.before.count(text), after.visible().count(text));
        let is_stray = text == "precious-stray";
        if before != after && !is_stray {
            return Err(format!("{text} is in {after} files, not {before}"));
        }
    }
    match after.count("precious-stray") == scenario.before.count("precious-stray") {
        true => Ok(()),
        false => Err("a person's file in an unfinished entry is gone".to_owned()),
    }
}

fn read(workspace: &Path) -> Result<Tree, String> {
    Tree::read(workspace).map_err(|error: io::Error| format!("the workspace: {error}"))
}

fn names(tree: &Tree) -> Vec<&str> {
    tree.0.keys().map(String::as_str).collect()
}
