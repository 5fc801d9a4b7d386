//! HTTP over a plain connection, byte by byte as a test writes it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Longer than every limit of the server.
const LIMIT: Duration = Duration::from_secs(40);

/// Sends `request` to `address` (host and port) and returns the response as it arrives, until the
/// server closes the connection.
///
/// # Errors
/// The server cannot be reached, or keeps the connection open for 40 seconds.
pub fn send(address: &str, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(request.as_bytes())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

/// Status and JSON body of a response.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

/// Sends a request, with a JSON body if there is one.
///
/// # Errors
/// There is no response, or its body is not JSON.
pub fn request(
    address: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> io::Result<Response> {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    let content = body.map_or_else(String::new, |body| {
        let body = body.to_string();
        let length = body.len();
        format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
    });
    let end = if body.is_none() { "\r\n" } else { "" };
    parse(&send(address, &(head + &content + end))?)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// JSON of the response to `GET path`.
///
/// # Errors
/// There is no response, or its body is not JSON.
pub fn get(address: &str, path: &str) -> io::Result<Value> {
    request(address, "GET", path, None).map(|response| response.body)
}

/// JSON of the response to `POST path` with a JSON body.
///
/// # Errors
/// There is no response, or its body is not JSON.
pub fn post(address: &str, path: &str, body: &Value) -> io::Result<Value> {
    request(address, "POST", path, Some(body)).map(|response| response.body)
}

fn parse(response: &str) -> Option<Response> {
    let (head, body) = response.split_once("\r\n\r\n")?;
    Some(Response {
        status: head.split(' ').nth(1)?.parse().ok()?,
        body: serde_json::from_str(body).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    use serde_json::json;

    use super::*;

    /// A server for one connection: its address, and the request once it has responded.
    fn server(request_size: usize, response: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = vec![0; request_size];
            stream.read_exact(&mut request).expect("a request");
            stream.write_all(response.as_bytes()).expect("a response");
            String::from_utf8(request).expect("text")
        });
        (address, served)
    }

    #[test]
    fn a_body_is_sent_with_its_length_and_the_response_is_parsed() {
        let body = json!({"project_name": "Größe"});
        let tail = format!("Content-Length: 26\r\n\r\n{body}");
        let head = "POST /create HTTP/1.1\r\nHost: 127.0.0.1:00000\r\nConnection: close\r\n\
                    Content-Type: application/json\r\n";
        let (address, served) = server(
            head.len() + tail.len(),
            "HTTP/1.1 201 Created\r\n\r\n{\"status\":\"success\"}",
        );
        let response = request(&address, "POST", "/create", Some(&body)).expect("a response");
        let expected = (201, json!({"status": "success"}));
        assert_eq!((response.status, response.body), expected);
        assert!(served.join().expect("a request").ends_with(&tail));
    }

    #[test]
    fn a_response_without_json_is_an_error() {
        let (address, served) = server(16, "HTTP/1.1 404 Not Found\r\n\r\n");
        assert!(get(&address, "/").is_err());
        assert_eq!(served.join().expect("a request"), "GET / HTTP/1.1\r\n");
    }
}
