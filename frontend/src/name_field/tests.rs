use super::*;
use podslate_shared::Error;
use podslate_shared::api::Success;
use podslate_shared::name::suggest;

fn check(name: &str, problem: Option<Error>) -> Option<NameCheck> {
    Some(NameCheck {
        status: Success::Success,
        project_name: name.to_owned(),
        available: problem.is_none(),
        project_path: Some(format!("/w/{name}")),
        problem: problem.map(ErrorBody::from),
        adoptable: None,
    })
}

fn invalid(text: &str, facts: &Facts) -> NameError {
    match status(text, facts) {
        NameStatus::Invalid(error) => error,
        other => panic!("{other:?}"),
    }
}

fn refused(text: &str, facts: &Facts) -> ErrorBody {
    match status(text, facts) {
        NameStatus::Refused(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_empty_field_is_an_error_only_after_submitting() {
    let mut facts = Facts::default();
    assert_eq!(status("", &facts), NameStatus::Blank);
    facts.is_submitted = true;
    let sentence = invalid("", &facts).to_string();
    assert_eq!(sentence, "The project name is empty.");
}

#[test]
fn a_single_letter_is_unfinished_until_it_is_submitted() {
    let mut facts = Facts::default();
    assert!(matches!(status("a", &facts), NameStatus::Unfinished(_)));
    facts.is_submitted = true;
    let suggestion = suggest(&invalid("a", &facts).text);
    assert_eq!(suggestion.as_deref(), Some("a_project"));
}

#[test]
fn an_invalid_name_has_a_suggestion() {
    let suggestion = suggest(&invalid("My Robot", &Facts::default()).text);
    assert_eq!(suggestion.as_deref(), Some("My_Robot"));
}

#[test]
fn a_name_check_counts_only_for_its_own_name() {
    let facts = Facts {
        check: check("Robot", None),
        ..Facts::default()
    };
    let path = Some("/w/Robot".to_owned());
    assert_eq!(status("Robot", &facts), NameStatus::Usable { path });
    assert_eq!(status("Robot2", &facts), NameStatus::Usable { path: None });
}

#[test]
fn a_taken_name_is_refused_until_the_text_changes() {
    let name = ProjectName::parse("Robot").unwrap();
    let facts = Facts {
        check: check("Robot", Some(Error::NameTaken { name })),
        ..Facts::default()
    };
    assert_eq!(
        refused("Robot", &facts).error,
        "`Robot` already exists in the workspace."
    );
    assert_eq!(status("Robo", &facts), NameStatus::Usable { path: None });
}

#[test]
fn a_project_may_change_its_own_case_but_not_conflict_with_another() {
    let conflict = |entry: &str| {
        let entry = entry.to_owned();
        Some(Error::CaseConflict { entry })
    };
    let mut facts = Facts {
        current: Some("Robot".to_owned()),
        check: check("ROBOT", conflict("Robot")),
        ..Facts::default()
    };
    assert_eq!(status("Robot", &facts), NameStatus::Unchanged);
    assert_eq!(status("ROBOT", &facts), NameStatus::Usable { path: None });
    facts.check = check("STATUE", conflict("Statue"));
    assert!(refused("STATUE", &facts).hint.is_some());
}

#[test]
fn a_refusal_holds_until_the_text_changes() {
    let facts = Facts {
        refused: Some(("Robot".to_owned(), Error::DiskFull.into())),
        ..Facts::default()
    };
    assert!(refused("Robot", &facts).error.contains("full"));
    assert_eq!(status("Robot2", &facts), NameStatus::Usable { path: None });
}

#[test]
fn a_name_that_was_sent_is_not_taken_by_itself() {
    let name = ProjectName::parse("Robot").unwrap();
    let sent = Sent {
        name: "Robot".to_owned(),
        key: String::new(),
        attempts: 1,
    };
    let facts = Facts {
        check: check("Robot", Some(Error::NameTaken { name })),
        sent: Some(sent),
        ..Facts::default()
    };
    assert_eq!(status("Robot", &facts), NameStatus::Usable { path: None });
}

#[test]
fn a_similar_name_is_checked_for_an_invalid_text() {
    assert_eq!(checkable(" My Robot ").as_deref(), Some("My_Robot"));
    assert_eq!(checkable("Robot").as_deref(), Some("Robot"));
    assert_eq!(checkable("名前"), None);
}
