//! The calls of the API.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use podslate_shared::api::{
    CreateRequest, Created, Health, ListQuery, NameCheck, NewNameRequest, ProjectNames,
    ProjectPage, RenameRequest, Renamed, Success,
};
use podslate_shared::{Done, ErrorBody, ErrorCode, ProjectName};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::App;
use super::error::Problem;
use super::extract::{Asked, Body, Create, NameInPath, NewName, Rename, TextInPath};
use super::failures::{Asking, Checking, Creating, Reading, ReadingOne, Renaming, Searching};
use crate::workspace::{Details, Workspace};

type Answer<T> = Result<Json<T>, Problem>;

/// Whether the server works, where its workspace is, and its version. Needs no token.
#[utoipa::path(get, path = "/health", tag = "server", security(()),
    responses((status = 200, body = Health), Asking))]
pub async fn health(State(app): State<App>) -> Json<Health> {
    Json(Health {
        status: "healthy".to_owned(),
        workspace: app.0.config.workspace.root().display().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// The names of all projects.
#[utoipa::path(get, path = "/api/projects/list", tag = "projects",
    responses((status = 200, body = ProjectNames), Reading))]
pub async fn names(State(app): State<App>) -> Answer<ProjectNames> {
    let projects = app.read(Workspace::names).await?;
    Ok(Json(ProjectNames { projects }))
}

/// The projects with what there is to see of them.
///
/// A change shows at once, whoever made it; only the time of a file changed in place may be up to
/// ten seconds late.
#[utoipa::path(get, path = "/api/projects", tag = "projects", params(ListQuery),
    responses((status = 200, body = ProjectPage), Searching))]
pub async fn list(
    State(app): State<App>,
    Asked(query): Asked<ListQuery>,
) -> Result<Response, Problem> {
    let page = app.read(move |workspace| workspace.list(&query)).await?;
    Ok(Json(&*page).into_response())
}

/// Creates a project.
#[utoipa::path(post, path = "/api/projects/create", tag = "projects", request_body = CreateRequest,
    responses((status = 201, body = Created), Creating))]
pub async fn create(
    State(app): State<App>,
    Body(Create {
        name,
        adopts_default,
    }): Body<Create>,
) -> Result<(StatusCode, Json<Created>), Problem> {
    let default = match adopts_default {
        true => app.adoptable().await?,
        false => None,
    };
    let done = match default {
        Some(default) if default != name => match app.rename(default, name.clone()).await {
            // Somebody else took it over in this moment.
            Err(error) if error.code == ErrorCode::ProjectNotFound => app.create(name).await?,
            renamed => renamed?,
        },
        _ => app.create(name).await?,
    };
    match done {
        Done::Created {
            project_name,
            project_path,
            message,
        }
        | Done::Renamed {
            new_name: project_name,
            project_path,
            message,
            ..
        } => Ok((
            StatusCode::CREATED,
            Json(Created {
                status: Success::Success,
                project_name,
                project_path,
                message,
            }),
        )),
        _ => Err(Problem::new(ErrorCode::Internal, "")),
    }
}

/// One project with its configuration. A project called `list` is only found in the lists.
#[utoipa::path(get, path = "/api/projects/{name}", tag = "projects",
    params(("name" = ProjectName, Path, description = "The project's name")),
    responses((status = 200, body = podslate_shared::api::ProjectDetails<Value>), ReadingOne))]
pub async fn details(State(app): State<App>, NameInPath(name): NameInPath) -> Answer<Details> {
    Ok(Json(
        app.read(move |workspace| workspace.details(&name)).await?,
    ))
}

/// The project called `create`, whose address is also that of creating.
#[utoipa::path(get, path = "/api/projects/create", tag = "projects",
    responses((status = 200, body = podslate_shared::api::ProjectDetails<Value>), ReadingOne))]
pub async fn details_of_create(State(app): State<App>) -> Answer<Details> {
    let name = ProjectName::parse("create").map_err(|_| Problem::new(ErrorCode::Internal, ""))?;
    Ok(Json(
        app.read(move |workspace| workspace.details(&name)).await?,
    ))
}

/// Renames a project.
#[utoipa::path(post, path = "/rename", tag = "projects", request_body = RenameRequest,
    responses((status = 200, body = Renamed), Renaming))]
pub async fn rename(
    State(app): State<App>,
    Body(Rename { old, new }): Body<Rename>,
) -> Answer<Renamed> {
    renamed(app.rename(old, new).await?)
}

/// Renames a project.
#[utoipa::path(post, path = "/api/projects/{name}/rename", tag = "projects",
    params(("name" = ProjectName, Path, description = "The name until now")),
    request_body = NewNameRequest,
    responses((status = 200, body = Renamed), Renaming))]
pub async fn rename_named(
    State(app): State<App>,
    NameInPath(old): NameInPath,
    Body(NewName(new)): Body<NewName>,
) -> Answer<Renamed> {
    renamed(app.rename(old, new).await?)
}

/// Whether a project could be made under a name, and where. Changes nothing.
#[utoipa::path(get, path = "/api/names/{name}", tag = "projects",
    params(("name" = String, Path, description = "Any text")),
    responses((status = 200, body = NameCheck), Checking))]
pub async fn check(State(app): State<App>, TextInPath(text): TextInPath) -> Answer<NameCheck> {
    let mut check = app.read(move |workspace| workspace.check(&text)).await?;
    if check.available {
        check.adoptable = app.adoptable().await?.map(String::from);
    }
    Ok(Json(check))
}

/// Does all of the work, also if the client is gone before its end.
pub async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, ErrorBody> {
    let worked = tokio::spawn(work).await;
    worked.map_err(|_| ErrorBody::new(ErrorCode::Internal, ""))
}

fn renamed(done: Done) -> Answer<Renamed> {
    match done {
        Done::Renamed {
            old_name,
            new_name,
            project_path,
            message,
        } => Ok(Json(Renamed {
            status: Success::Success,
            old_name,
            new_name,
            project_path,
            message,
        })),
        _ => Err(Problem::new(ErrorCode::Internal, "")),
    }
}

impl App {
    async fn create(&self, name: ProjectName) -> Result<Done, ErrorBody> {
        self.change(move |workspace| workspace.create(&name)).await
    }

    async fn rename(&self, old: ProjectName, new: ProjectName) -> Result<Done, ErrorBody> {
        let app = self.clone();
        to_the_end(async move {
            let names = (old.clone(), new.clone());
            let rename = app.change(move |workspace| workspace.rename(&names.0, &names.1));
            match &app.0.config.pipeline {
                Some(pipeline) => pipeline.rename(&old, &new, rename).await,
                None => rename.await,
            }
        })
        .await?
    }

    /// The default project, if it can be renamed instead of making a second one.
    async fn adoptable(&self) -> Result<Option<ProjectName>, ErrorBody> {
        let config = &self.0.config;
        let default = config.default_project.clone();
        let is_busy =
            |name: &ProjectName| config.pipeline.as_ref().is_some_and(|it| it.runs_in(name));
        let Some(default) = default.filter(|name| !is_busy(name)) else {
            return Ok(None);
        };
        self.read(move |workspace| {
            let is_adoptable = workspace.is_alone_and_untouched(&default)?;
            Ok(is_adoptable.then_some(default))
        })
        .await
    }

    /// Reads the workspace where blocking is allowed.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Workspace) -> Result<T, ErrorBody> + Send + 'static,
    ) -> Result<T, ErrorBody> {
        self.blocking(&self.0.reads, work).await
    }

    /// Changes the workspace where blocking is allowed, and says so in the log. What has begun is
    /// finished, also if the client is gone by then.
    async fn change(
        &self,
        work: impl FnOnce(&Workspace) -> Result<Done, ErrorBody> + Send + 'static,
    ) -> Result<Done, ErrorBody> {
        let done = self.blocking(&self.0.changes, work).await?;
        if let Done::Created { message, .. } | Done::Renamed { message, .. } = &done {
            tracing::info!("{message}");
        }
        Ok(done)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        places: &Arc<Semaphore>,
        work: impl FnOnce(&Workspace) -> Result<T, ErrorBody> + Send + 'static,
    ) -> Result<T, ErrorBody> {
        let internal = || ErrorBody::new(ErrorCode::Internal, "");
        let place = Arc::clone(places).acquire_owned().await;
        let place = place.map_err(|_| internal())?;
        let app = self.clone();
        let worked = tokio::task::spawn_blocking(move || {
            let result = work(&app.0.config.workspace);
            drop(place);
            result
        });
        worked.await.map_err(|_| internal())?
    }
}
