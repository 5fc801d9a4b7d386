//! The blocks of code in a document.

/// A block of code.
#[derive(Debug)]
pub enum Block {
    /// The command that starts the pod.
    Pod(String),
    /// Commands of a person.
    Workstation(String),
    /// What they print.
    Output(String),
}

/// The blocks of a section, by its title.
pub fn blocks(document: &str, section: &str) -> Vec<Block> {
    let start = document.find(&format!("## {section}\n"));
    let text = &document[start.unwrap_or_else(|| panic!("no section `{section}`")) + 3..];
    let text = text.split("\n## ").next().unwrap_or_default();
    let fenced = text.split("```").skip(1).step_by(2);
    fenced.map(block).collect()
}

fn block(fenced: &str) -> Block {
    let (language, text) = fenced.split_once('\n').expect("a block has lines");
    let command = |text: &str| text.split_once('\n').expect("a command").1.to_owned();
    match (language, text) {
        ("text", _) => Block::Output(text.to_owned()),
        ("sh", _) if text.starts_with("# on the pod\n") => Block::Pod(command(text)),
        ("sh", _) if text.starts_with("# on the workstation\n") => {
            Block::Workstation(command(text))
        }
        _ => panic!("an unknown kind of block: {fenced}"),
    }
}
