//! Which errors the calls answer, for the description.

use std::collections::BTreeMap;

use podslate_shared::ErrorCode;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

macro_rules! failures {
    ($($(#[$doc:meta])* $name:ident: $($code:ident)*;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                described(&[$(ErrorCode::$code),*])
            }
        }
    )*};
}

failures! {
    /// Of a call that looks at nothing.
    Asking: ;
    /// Of a call that reads the workspace.
    Reading: WorkspaceUnavailable;
    /// Of a call that takes a query.
    Searching: RequestInvalid ProjectNotFound WorkspaceUnavailable;
    /// Of a call that takes any text.
    Checking: RequestInvalid WorkspaceUnavailable;
    /// Of a call that reads one project.
    ReadingOne: NameInvalid RequestInvalid ProjectNotFound WorkspaceUnavailable;
    /// Of creating.
    Creating: NameInvalid RequestInvalid NameTaken CaseTwin ConfigInvalid Busy BodyTooLarge
        UnsupportedMediaType IoFailed WorkspaceUnavailable WorkspaceReadOnly DiskFull;
    /// Of renaming.
    Renaming: NameInvalid RequestInvalid ProjectNotFound NameTaken CaseTwin NotAProject
        ConfigInvalid Busy BodyTooLarge UnsupportedMediaType IoFailed WorkspaceUnavailable
        WorkspaceReadOnly DiskFull;
    /// Of reading what the pipeline wrote.
    ReadingLog: RequestInvalid PipelineMissing;
    /// Of starting the pipeline.
    Starting: NameInvalid RequestInvalid ProjectNotFound PipelineMissing PipelineWithoutProject
        BodyTooLarge UnsupportedMediaType PipelineFailed;
    /// Of ending the pipeline.
    Stopping: PipelineMissing;
    /// Of signing in.
    SigningIn: RequestInvalid BodyTooLarge UnsupportedMediaType;
}

/// Errors that every call may answer.
const EVERYWHERE: [ErrorCode; 6] = [
    ErrorCode::Unauthorized,
    ErrorCode::Forbidden,
    ErrorCode::TooManyRequests,
    ErrorCode::Internal,
    ErrorCode::Overloaded,
    ErrorCode::TimedOut,
];

/// The errors by their statuses, with the sentences of the table.
fn described(codes: &[ErrorCode]) -> BTreeMap<String, RefOr<Response>> {
    let mut sentences: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for code in codes.iter().chain(&EVERYWHERE) {
        let info = code.info();
        let sentence = format!("`{}`: {}", info.slug, info.sentence.replace("{}", "…"));
        sentences
            .entry(info.http.to_string())
            .or_default()
            .push(sentence);
    }
    let response = |sentences: Vec<String>| {
        let schema = Ref::from_schema_name("Failure");
        ResponseBuilder::new()
            .description(sentences.join(" "))
            .content(
                "application/json",
                ContentBuilder::new().schema(Some(schema)).build(),
            )
            .build()
    };
    sentences
        .into_iter()
        .map(|(status, sentences)| (status, RefOr::T(response(sentences))))
        .collect()
}
