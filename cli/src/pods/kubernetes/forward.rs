//! A port of this machine that leads to a pod's server while a command runs.

use std::net::Ipv4Addr;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::Portforwarder;
use reqwest::Url;
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::cluster::{Cluster, failed};
use super::objects::INSTANCE;
use super::status::{current, is_ready};
use crate::defaults::PORT;
use crate::error::{Error, Result};
use crate::text::clause;

/// Opens a port of this machine for the pod of a Deployment; each connection is forwarded to the
/// pod that is ready then. The port is closed at the end of the asynchronous runtime.
///
/// # Errors
/// [`Error::PodUnreachable`] if its node does not forward, and those of the cluster.
pub async fn open(cluster: &Cluster, name: &str) -> Result<Url> {
    let pods: Api<Pod> = cluster.api();
    let selector = format!("{INSTANCE}={name}");
    let ready = ready(cluster, &selector).await?;
    // The first connection tells what is wrong while there is somebody to tell.
    let first = cluster.timed(pods.portforward(&ready, &[PORT])).await;
    let late = |_| Error::PodUnreachable {
        reason: "its node does not respond".to_owned(),
    };
    let first = first.map_err(late)?;
    let first = first.map_err(|error| unreachable(cluster, error))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let port = listener.and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
    let (port, listener) = port.map_err(|error| {
        failed(format!(
            "no port of this machine can be opened ({})",
            error.kind()
        ))
    })?;
    tokio::spawn(accept(listener, pods, selector, Some(first)));
    Url::parse(&format!("http://127.0.0.1:{port}/")).map_err(Error::unexpected)
}

/// Name of the pod that is ready.
async fn ready(cluster: &Cluster, selector: &str) -> Result<String> {
    let pods = cluster.list::<Pod>(selector).await?;
    let ready = current(&pods).filter(|pod| is_ready(pod));
    let name = ready.and_then(|pod| pod.metadata.name.clone());
    name.ok_or_else(|| Error::PodUnreachable {
        reason: "it is not ready".to_owned(),
    })
}

/// Error for a pod to which the API server does not forward; often its node does not respond.
fn unreachable(cluster: &Cluster, error: kube::Error) -> Error {
    match error {
        kube::Error::Api(status) if status.code >= 500 => {
            let message = clause(&status.message);
            let reason = format!("the cluster cannot forward to it ({message})");
            Error::PodUnreachable { reason }
        }
        error => cluster.error(error),
    }
}

async fn accept(
    listener: TcpListener,
    pods: Api<Pod>,
    selector: String,
    mut first: Option<Portforwarder>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (pods, selector, first) = (pods.clone(), selector.clone(), first.take());
        tokio::spawn(async move {
            let forwarder = match first {
                Some(forwarder) => Some(forwarder),
                None => connect(&pods, &selector).await,
            };
            if let Some(forwarder) = forwarder {
                forward(stream, forwarder).await;
            }
        });
    }
}

/// A connection to the pod that is ready now.
async fn connect(pods: &Api<Pod>, selector: &str) -> Option<Portforwarder> {
    let selected = kube::api::ListParams::default().labels(selector);
    let list = pods.list(&selected).await.ok()?;
    let name = current(&list.items)?.metadata.name.clone()?;
    pods.portforward(&name, &[PORT]).await.ok()
}

async fn forward(mut stream: TcpStream, mut forwarder: Portforwarder) {
    let Some(mut pod) = forwarder.take_stream(PORT) else {
        return;
    };
    let _ = copy_bidirectional(&mut stream, &mut pod).await;
    let _ = pod.shutdown().await;
    drop(pod);
    forwarder.abort();
}
