//! The worker's contract as data: the workspace before, the command, its output, and the workspace
//! afterwards.

use testing::{Tree, config_of};

/// A case of the contract.
pub struct Case {
    /// Name of the case.
    pub title: &'static str,
    /// Adds entries to the empty workspace.
    pub before: fn(&mut Tree),
    /// Environment variables.
    pub env: &'static [(&'static str, &'static str)],
    /// Arguments.
    pub args: &'static [&'static str],
    /// Standard input, as a person types it.
    pub stdin: &'static str,
    /// Exit code.
    pub exit: i32,
    /// The whole standard output.
    pub stdout: &'static str,
    /// Part of standard error; if empty, standard error must be empty, too.
    pub stderr: &'static str,
    /// Turns the tree before the run into the one expected after it.
    pub after: fn(&mut Tree),
}

const UNCHANGED: fn(&mut Tree) = |_| {};

/// Defaults of a case: an empty workspace, no input and no output.
pub const CASE: Case = Case {
    title: "",
    before: UNCHANGED,
    env: &[],
    args: &[],
    stdin: "",
    exit: 0,
    stdout: "",
    stderr: "",
    after: UNCHANGED,
};

/// Cases of every operation except recovery.
pub const CASES: &[Case] = &[
    Case {
        title: "a new project",
        args: &["--project", "TestCharacter"],
        stdout: "Created project TestCharacter in ./TestCharacter.\n",
        after: |t| t.project("TestCharacter"),
        ..CASE
    },
    Case {
        title: "a new project, as JSON",
        args: &["--json", "--project", "TestCharacter"],
        stdout: "{\"status\":\"success\",\"action\":\"created\",\"project_name\":\"TestCharacter\",\
                 \"project_path\":\"./TestCharacter\",\
                 \"message\":\"Created project TestCharacter in ./TestCharacter.\"}\n",
        after: |t| t.project("TestCharacter"),
        ..CASE
    },
    Case {
        title: "a new project in a missing workspace",
        args: &["--workspace", "ai/inputs", "--project", "Robot"],
        stdout: "Created project Robot in ai/inputs/Robot.\n",
        after: |t| {
            t.dir("ai");
            t.dir("ai/inputs");
            t.project("ai/inputs/Robot");
        },
        ..CASE
    },
    Case {
        title: "an existing project is not changed",
        before: |t| {
            t.project("Robot");
            t.file("Robot/pipeline/config.json", "mine");
        },
        args: &["--project", "Robot"],
        exit: 1,
        stderr: "error: `Robot` already exists in the workspace.\nhint: ",
        ..CASE
    },
    Case {
        title: "an empty folder is not replaced",
        before: |t| t.dir("Robot"),
        args: &["--project", "Robot", "--no-scan"],
        exit: 1,
        stderr: "error: `Robot` already exists in the workspace.\n",
        ..CASE
    },
    Case {
        title: "a file is not replaced",
        before: |t| t.file("Robot", "a file"),
        args: &["--json", "--project", "Robot"],
        exit: 1,
        stdout: "{\"status\":\"error\",\"code\":\"name_taken\",\
                 \"error\":\"`Robot` already exists in the workspace.\",\
                 \"message\":\"`Robot` already exists in the workspace.\",\
                 \"hint\":\"Choose another name; the existing entry was not changed.\"}\n",
        ..CASE
    },
    Case {
        title: "a name that differs only by case is refused",
        before: |t| t.file("robot", "a file"),
        args: &["--project", "Robot"],
        exit: 1,
        stderr: "error: `robot` already exists in the workspace and differs from this name only by case.",
        ..CASE
    },
    Case {
        title: "an invalid name creates no workspace",
        args: &["--workspace", "ai", "--project", "My Robot"],
        exit: 1,
        stderr: "may not contain a space (character 3): use letters A to Z, digits, `_` and `-`.\n\
                 hint: For example: `My_Robot`.\n",
        ..CASE
    },
    Case {
        title: "a name that leads out of the workspace",
        args: &["--project", "../Robot"],
        exit: 1,
        stderr: "may not contain `.` (character 1)",
        ..CASE
    },
    Case {
        title: "a Windows device name",
        args: &["--project", "nul"],
        exit: 1,
        stderr: "`nul` is a device name on Windows",
        ..CASE
    },
    Case {
        title: "a name that looks like an option is rejected as a name",
        args: &["--project", "-x"],
        exit: 1,
        stderr: "starts with a letter or digit, not with `-`",
        ..CASE
    },
    Case {
        title: "from the environment",
        env: &[("PROJECT_NAME", "MyCharacter")],
        args: &["--from-env"],
        stdout: "Created project MyCharacter in ./MyCharacter.\n",
        after: |t| t.project("MyCharacter"),
        ..CASE
    },
    Case {
        title: "without a mode, from the environment",
        env: &[("PROJECT_NAME", "MyCharacter")],
        stdout: "Created project MyCharacter in ./MyCharacter.\n",
        after: |t| t.project("MyCharacter"),
        ..CASE
    },
    Case {
        title: "from an environment without a name",
        args: &["--from-env"],
        exit: 1,
        stderr: "PROJECT_NAME is not set",
        ..CASE
    },
    Case {
        title: "from an environment with an invalid name",
        env: &[("PROJECT_NAME", "a/b")],
        args: &["--from-env"],
        exit: 1,
        stderr: "may not contain `/`",
        ..CASE
    },
    Case {
        title: "from the environment, already complete",
        before: |t| t.project("Robot"),
        env: &[("PROJECT_NAME", "Robot")],
        stdout: "Project Robot in ./Robot is complete.\n",
        ..CASE
    },
    Case {
        title: "from the environment, missing entries are added and existing ones kept",
        before: |t| {
            t.project("Robot");
            t.remove("Robot/4_export");
            t.file("Robot/pipeline/config.json", "mine, and not JSON");
            t.file("Robot/0_input/meshes/robot.fbx", "mesh");
        },
        env: &[("PROJECT_NAME", "Robot")],
        args: &["--from-env"],
        stdout: "Completed project Robot in ./Robot: 4 added, nothing changed.\n  added 4_export\n  \
                 added 4_export/fbx\n  added 4_export/gltf\n  added 4_export/usd\n",
        after: |t| {
            for folder in ["", "/fbx", "/gltf", "/usd"] {
                t.dir(&format!("Robot/4_export{folder}"));
            }
        },
        ..CASE
    },
    Case {
        title: "from the environment, an empty folder such as a mounted volume is filled",
        before: |t| t.dir("Robot"),
        env: &[("PROJECT_NAME", "Robot")],
        args: &["--json"],
        stdout: include_str!("filled.json"),
        after: |t| t.project("Robot"),
        ..CASE
    },
    Case {
        title: "from the environment, a former name leads to the project",
        before: |t| {
            t.project("Hero");
            t.file("Hero/pipeline/.podslate.former", "Old\nRobot\n");
            t.dir(".podslate.former");
            t.file(".podslate.former/Robot", "");
        },
        env: &[("PROJECT_NAME", "Robot")],
        stdout: "Project Hero in ./Hero is complete.\n",
        stderr: "warning: The project `Robot` was renamed to `Hero`, so `Hero` is used; set \
                 `PROJECT_NAME` to its present name.\n",
        // Trees are read without what notes former names.
        after: |t| {
            t.remove("Hero/pipeline/.podslate.former");
            t.remove(".podslate.former");
        },
        ..CASE
    },
    Case {
        title: "from the environment, a folder with other files is not changed",
        before: |t| {
            t.dir("ComfyUI");
            t.file("ComfyUI/main.py", "print()");
        },
        env: &[("PROJECT_NAME", "ComfyUI")],
        exit: 1,
        stderr: "`ComfyUI` exists in the workspace but is not a project.",
        ..CASE
    },
    Case {
        title: "from the environment, a file in the place of a folder stops it before it writes",
        before: |t| {
            t.dir("Robot");
            t.dir("Robot/0_input");
            t.file("Robot/4_export", "a file");
        },
        env: &[("PROJECT_NAME", "Robot")],
        exit: 2,
        stderr: "`Robot/4_export` is a file, not a folder",
        ..CASE
    },
    Case {
        title: "a person is asked until the name can be used",
        before: |t| t.dir("Taken"),
        args: &["--interactive"],
        stdin: "My Robot\nTaken\n  Robot \n",
        stdout: "Created project Robot in ./Robot.\n",
        stderr: "Project name: error: A project name may not contain a space (character 3): use \
                 letters A to Z, digits, `_` and `-`.\nhint: For example: `My_Robot`.\nProject \
                 name: error: `Taken` already exists in the workspace.\nhint: Choose another name; \
                 the existing entry was not changed.\nProject name: ",
        after: |t| t.project("Robot"),
        ..CASE
    },
    Case {
        title: "a person is asked and does not answer",
        exit: 1,
        stderr: "no project name was given",
        ..CASE
    },
    Case {
        title: "a rename",
        before: |t| {
            t.project("Exhibition");
            t.file("Exhibition/2_rig/rig.txt", "rig");
        },
        args: &["--rename", "Exhibition", "TestCharacter"],
        stdout: "Renamed project Exhibition to TestCharacter.\n",
        after: |t| {
            t.rename("Exhibition", "TestCharacter");
            t.file(
                "TestCharacter/pipeline/config.json",
                config_of("TestCharacter"),
            );
        },
        ..CASE
    },
    Case {
        title: "a rename keeps what a person added to the configuration",
        before: |t| {
            t.project("Old");
            let mine =
                "{\n  \"mine\": [1e400, 1.0],\n  \"project_name\": \"Old\",\n  \"a\": {}\n}\n";
            t.file("Old/pipeline/config.json", mine);
        },
        args: &["--json", "--rename", "Old", "New"],
        stdout: "{\"status\":\"success\",\"action\":\"renamed\",\"old_name\":\"Old\",\
                 \"new_name\":\"New\",\"project_path\":\"./New\",\
                 \"message\":\"Renamed project Old to New.\"}\n",
        after: |t| {
            t.rename("Old", "New");
            let mine =
                "{\n  \"mine\": [1e400, 1.0],\n  \"project_name\": \"New\",\n  \"a\": {}\n}\n";
            t.file("New/pipeline/config.json", mine);
        },
        ..CASE
    },
    Case {
        title: "a rename without a configuration",
        before: |t| t.dirs(&["Old", "Old/0_input"]),
        args: &["--rename", "Old", "New"],
        stdout: "Renamed project Old to New.\n",
        after: |t| t.rename("Old", "New"),
        ..CASE
    },
    Case {
        title: "a rename that changes only the case",
        before: |t| t.project("robot"),
        args: &["--rename", "robot", "Robot"],
        stdout: "Renamed project robot to Robot.\n",
        after: |t| {
            t.rename("robot", "Robot");
            t.file("Robot/pipeline/config.json", config_of("Robot"));
        },
        ..CASE
    },
    Case {
        title: "a rename with a broken configuration changes nothing",
        before: |t| {
            t.project("Old");
            t.file("Old/pipeline/config.json", "{\"project_name\": \"Old\",}");
        },
        args: &["--rename", "Old", "New"],
        exit: 1,
        stderr: "The file `pipeline/config.json` of `Old` cannot be used because it has a comma before a closing bracket (line 1, column 23), so the project was not renamed.",
        ..CASE
    },
    Case {
        title: "a rename of a missing project",
        before: |t| t.project("Robot"),
        args: &["--rename", "Nope", "New"],
        exit: 1,
        stderr: "The project `Nope` does not exist.",
        ..CASE
    },
    Case {
        title: "a rename of a folder that is not a project",
        before: |t| t.dirs(&["ComfyUI", "ComfyUI/models"]),
        args: &["--rename", "ComfyUI", "New"],
        exit: 1,
        stderr: "`ComfyUI` exists in the workspace but is not a project.",
        ..CASE
    },
    Case {
        title: "a rename to the name of an existing entry, even an empty folder",
        before: |t| {
            t.project("Old");
            t.dir("New");
        },
        args: &["--rename", "Old", "New", "--no-scan"],
        exit: 1,
        stderr: "`New` already exists in the workspace.",
        ..CASE
    },
    Case {
        title: "a rename to its own name",
        before: |t| t.project("Old"),
        args: &["--rename", "Old", "Old"],
        exit: 1,
        stderr: "`Old` already exists in the workspace.",
        ..CASE
    },
    Case {
        title: "a rename to a name that differs from another only by case",
        before: |t| {
            t.project("Old");
            t.project("Other");
        },
        args: &["--rename", "Old", "OTHER"],
        exit: 1,
        stderr: "`Other` already exists in the workspace and differs from this name only by case.",
        ..CASE
    },
    Case {
        title: "a rename to an invalid name",
        before: |t| t.project("Old"),
        args: &["--rename", "Old", "a:b"],
        exit: 1,
        stderr: "may not contain `:`",
        ..CASE
    },
    Case {
        title: "a list contains only projects, in case-insensitive order",
        before: |t| {
            t.project("beta");
            t.project("Alpha");
            t.dirs(&[
                "ComfyUI",
                ".podslate-tmp-x",
                ".podslate-tmp-x/0_input",
                "No-config",
            ]);
            t.dirs(&["No-config/2_rig"]);
            t.file("notes.txt", "");
        },
        args: &["--list"],
        stdout: "Alpha\nbeta\nNo-config\n",
        ..CASE
    },
    Case {
        title: "an empty list",
        args: &["--json", "--list"],
        stdout: "{\"status\":\"success\",\"action\":\"listed\",\"projects\":[],\"count\":0}\n",
        ..CASE
    },
    Case {
        title: "a list of a missing workspace",
        args: &["--workspace", "nope", "--list"],
        exit: 2,
        stderr: "error: The workspace cannot be used: `nope` does not exist",
        ..CASE
    },
    Case {
        title: "a workspace that is a file",
        before: |t| t.file("notes.txt", ""),
        args: &["--workspace", "notes.txt", "--project", "Robot"],
        exit: 2,
        stderr: "The workspace cannot be used: `notes.txt` is not a folder.",
        ..CASE
    },
    Case {
        title: "an option that does not exist",
        args: &["--color"],
        exit: 2,
        stderr: "error: The command line is not valid: the option `--color` does not exist.\nhint: ",
        ..CASE
    },
    Case {
        title: "an option without its value, as JSON",
        args: &["--json", "--project"],
        exit: 2,
        stdout: "{\"status\":\"error\",\"code\":\"usage\",\"error\":\"The command line is not valid: \
                 `--project` requires a value.\",\"message\":\"The command line is not valid: \
                 `--project` requires a value.\",\"hint\":\"`--help` lists \
                 the options.\"}\n",
        ..CASE
    },
    Case {
        title: "a value after `=`, and `--` at the end of the options",
        args: &["--workspace=new=er", "--list", "--"],
        exit: 2,
        stderr: "`new=er` does not exist",
        ..CASE
    },
    Case {
        title: "a value for an option without one",
        args: &["--list=all"],
        exit: 2,
        stderr: "`--list` does not accept the value `all`",
        ..CASE
    },
    Case {
        title: "an argument without an option",
        args: &["--list", "Robot"],
        exit: 2,
        stderr: "The command line is not valid: the argument `Robot` is not expected.",
        ..CASE
    },
    Case {
        title: "two modes at once",
        args: &["--list", "--project", "Robot"],
        exit: 2,
        stderr: "more than one mode was given",
        ..CASE
    },
    Case {
        title: "the version",
        args: &["--version"],
        stdout: concat!("project-init ", env!("CARGO_PKG_VERSION"), "\n"),
        ..CASE
    },
];
