//! Operations on a workspace with precious content, and the states that a fault may leave.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use podslate_shared::{Done, ProjectName, Report};
use testing::Tree;

use crate::program::{Exit, Operation, Program};

/// Contents of a person's files, which must stay in as many visible files as before.
const PRECIOUS: [&str; 3] = ["precious-note", "precious-mesh", "precious-key"];
/// Content of a person's file in a staging directory, which must stay somewhere.
const STRAY: &str = "precious-stray";

/// An operation and the workspace before and after it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name in the results.
    pub name: &'static str,
    /// The operation.
    pub operation: Operation<'static>,
    before: Tree,
    /// Visible entries when the operation is interrupted after its commit point.
    between: Between,
    /// Visible entries when the operation is done.
    done: Tree,
    /// Visible entries after recovery, if the operation was interrupted before its commit point.
    recovered: Tree,
}

/// Intermediate state that may become visible.
#[derive(Clone, Debug)]
enum Between {
    None,
    Exactly(Tree),
    /// The entries from before, and any of those to be added.
    AnyPart,
}

/// The four scenarios.
pub fn all() -> [Scenario; 4] {
    [create(), complete(), rename(), recover()]
}

fn workspace() -> Tree {
    let mut tree = Tree::default();
    tree.file("notes.txt", "precious-note");
    tree.project("Keep");
    tree.file("Keep/0_input/meshes/mesh.obj", "precious-mesh");
    tree
}

fn config(name: &str) -> String {
    format!("{{\n  \"key\": [\"precious-key\", 1.0],\n  \"project_name\": \"{name}\"\n}}\n")
}

fn create() -> Scenario {
    let before = workspace();
    let mut done = before.clone();
    done.project("Robot");
    Scenario {
        name: "create",
        operation: Operation::Create("Robot"),
        recovered: before.clone(),
        before,
        between: Between::None,
        done,
    }
}

fn complete() -> Scenario {
    let mut before = workspace();
    before.project("Part");
    before.remove("Part/4_export");
    before.remove("Part/pipeline/config.json");
    before.file("Part/0_input/meshes/own.obj", "precious-key");
    let mut done = before.clone();
    done.project("Part");
    Scenario {
        name: "complete",
        operation: Operation::Complete("Part"),
        recovered: before.clone(),
        before,
        between: Between::AnyPart,
        done,
    }
}

fn rename() -> Scenario {
    let mut before = workspace();
    before.project("Old");
    before.file("Old/pipeline/config.json", config("Old"));
    let mut between = before.clone();
    between.rename("Old", "New");
    let mut done = between.clone();
    done.file("New/pipeline/config.json", config("New"));
    Scenario {
        name: "rename",
        operation: Operation::Rename("Old", "New"),
        recovered: before.clone(),
        before,
        between: Between::Exactly(between),
        done,
    }
}

fn recover() -> Scenario {
    let hidden = |number: u32| format!(".podslate-tmp-{number:032x}");
    let mut before = workspace();
    before.project("New");
    before.file("New/pipeline/config.json", config("Old"));
    before.file(&format!("New/pipeline/{}", hidden(1)), "{\"half\":");
    before.project_named(&hidden(2), "Half");
    before.project_named(&hidden(3), "Stray");
    before.file(&format!("{}/2_rig/stray.txt", hidden(3)), STRAY);
    let mut done = before.visible();
    done.file("New/pipeline/config.json", config("New"));
    Scenario {
        name: "recover",
        operation: Operation::Recover,
        before,
        between: Between::None,
        recovered: done.clone(),
        done,
    }
}

impl Scenario {
    /// Writes the workspace.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn prepare(&self, workspace: &Path) -> Result<()> {
        self.before.write(workspace)?;
        Ok(self.before.age_hidden(workspace)?)
    }

    /// Compares a workspace after a fault with every promise. A program that was misled about the
    /// entries that exist does not have to report those that it did not see.
    ///
    /// # Errors
    /// The promise that was broken.
    pub fn judge(
        &self,
        program: &Program,
        workspace: &Path,
        exit: &Exit,
        is_misled: bool,
    ) -> Result<()> {
        let after = Tree::read(workspace)?;
        let visible = after.visible();
        let is_done = visible == self.done;
        let is_before = visible == self.before.visible();
        let is_between = match &self.between {
            Between::None => false,
            Between::Exactly(tree) => *tree == visible,
            Between::AnyPart => {
                visible.contains(&self.before.visible()) && self.done.contains(&visible)
            }
        };
        let is_whole = is_done || is_before || is_between;
        ensure!(is_whole, "half-made: {}", visible.diff(&self.done));
        self.ensure_precious(&after)?;
        self.ensure_honest(exit, is_done, is_before, is_misled)?;
        let recovered = recover_thrice(program, workspace)?;
        let expected = match &self.between {
            _ if is_before => &self.recovered,
            Between::AnyPart => &visible,
            _ => &self.done,
        };
        let diff = recovered.visible().diff(expected);
        ensure!(diff.is_empty(), "recovery ends elsewhere: {diff}");
        self.ensure_precious(&recovered)?;
        let is_stale = |path: &&str| !path.starts_with(".podslate-trash-");
        let stale = recovered.hidden().into_iter().find(is_stale);
        ensure!(stale.is_none(), "recovery leaves {stale:?}");
        self.repeat(program, workspace, is_before)
    }

    /// The exit code and the report match what is on the disk.
    fn ensure_honest(
        &self,
        exit: &Exit,
        is_done: bool,
        is_before: bool,
        is_misled: bool,
    ) -> Result<()> {
        // The start of Rust's own runtime panics at errors that no program could handle.
        let is_start = exit.output.contains("library/std/src/sys/pal/") && is_before;
        exit.ensure(is_start || !exit.output.contains("panicked"))?;
        let is_honest = match (exit.code, &exit.report) {
            (Some(0), Some(Report::Success(Done::Recovered(recovered)))) => {
                let repaired = recovered.repaired.iter().map(ProjectName::as_str);
                let is_repaired = repaired.eq(["New"]);
                let is_reported = recovered.left.iter().any(|left| left.starts_with("New:"));
                is_repaired == is_done && (is_done || is_reported || is_misled)
            }
            (Some(0), Some(Report::Success(_))) if exit.is_config_outdated() => !is_before,
            (Some(0), Some(Report::Success(_))) => is_done,
            (Some(1), _) if !is_before => false,
            (Some(code), Some(Report::Error(error))) => code == i32::from(error.code.exit_code()),
            (Some(code), _) => code >= 2 && exit.report.is_none(),
            (None, _) => true,
        };
        exit.ensure(is_honest)
            .with_context(|| format!("the report is wrong (done {is_done}, before {is_before})"))
    }

    fn ensure_precious(&self, after: &Tree) -> Result<()> {
        let visible = after.visible();
        for (text, after) in PRECIOUS
            .map(|text| (text, &visible))
            .iter()
            .chain([&(STRAY, after)])
        {
            let count = |tree: &Tree| tree.count_files_with(text);
            let (before, after) = (count(&self.before), count(after));
            ensure!(before == after, "{text} is in {after} files, not {before}");
        }
        Ok(())
    }

    /// The operation succeeds when it is repeated, or is refused because it is done.
    fn repeat(&self, program: &Program, workspace: &Path, is_before: bool) -> Result<()> {
        if self.operation == Operation::Recover {
            return Ok(());
        }
        let exit = program.run(workspace, self.operation)?;
        let is_refused = !is_before && !matches!(self.operation, Operation::Complete(_));
        let is_done = Tree::read(workspace)?.visible() == self.done;
        exit.ensure(is_done && exit.code == Some(is_refused.into()))
            .context("the same operation afterwards")
    }
}

/// Recovers three times; only the first may change something.
fn recover_thrice(program: &Program, workspace: &Path) -> Result<Tree> {
    let recover = || -> Result<Tree> {
        Tree::read(workspace)?.age_hidden(workspace)?;
        program
            .succeed(workspace, Operation::Recover)
            .context("recovery fails")?;
        Ok(Tree::read(workspace)?)
    };
    let first = recover()?;
    for _ in 0..2 {
        let diff = recover()?.diff(&first);
        ensure!(
            diff.is_empty(),
            "another recovery changes something again: {diff}"
        );
    }
    Ok(first)
}
