//! `podslate push` against a server that speaks S3 and checks signatures; the bucket is read by
//! another client.

mod case;
mod errors;
mod files;
mod hostile;
mod interrupted;
mod key;
mod s3;
#[cfg(unix)]
mod special;
