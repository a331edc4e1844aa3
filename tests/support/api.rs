//! A client of devpi's HTTP API, independent of the code under test.

use std::collections::BTreeMap;

use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::TestUser;

/// A client for one server. An unexpected response fails the test with the server's message.
#[derive(Debug, Clone)]
pub struct Api {
    root: String,
    client: Client,
    login: Option<(String, String)>,
}

/// A file or a tox result of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// `releasefile` or `toxresult`.
    pub rel: String,
    /// Below the root, without a leading slash.
    pub path: String,
    /// The last part of the path.
    pub name: String,
    /// As listed by the server.
    pub sha256: String,
    /// For a tox result: the path of its file.
    pub for_path: Option<String>,
    /// `(what, who)`, oldest first.
    pub log: Vec<(String, Option<String>)>,
}

impl Api {
    pub fn new(root: &str) -> Self {
        // reqwest is built without a TLS provider; the first client of the process installs one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { root: root.trim_end_matches('/').to_owned(), client, login: None }
    }

    /// The same client, logged in.
    #[must_use]
    pub fn logged_in(mut self, user: &TestUser) -> Self {
        let answer = self.json(
            self.client
                .post(self.url("+login"))
                .body(json!({"user": user.name, "password": user.password}).to_string()),
        );
        let token = answer["result"]["password"].as_str().expect("a token").to_owned();
        self.login = Some((user.name.clone(), token));
        self
    }

    /// The token of the login.
    pub fn token(&self) -> &str {
        &self.login.as_ref().expect("logged in").1
    }

    /// Whether a devpi server responds.
    pub fn is_up(&self) -> bool {
        let answer = self.client.get(self.url("+api")).header("Accept", "application/json").send();
        answer.is_ok_and(|answer| answer.headers().contains_key("x-devpi-uuid"))
    }

    /// `["ok", "bob", []]` with a valid token, else `["noauth", "", []]`.
    pub fn auth_status(&self) -> Value {
        self.get("+api").expect("/+api")["result"]["authstatus"].clone()
    }

    /// All indexes of a user; empty if the user does not exist.
    pub fn indexes(&self, user: &str) -> BTreeMap<String, Value> {
        let result = self.get(user).map(|answer| answer["result"]["indexes"].clone()).unwrap_or_default();
        result.as_object().map(|map| map.clone().into_iter().collect()).unwrap_or_default()
    }

    /// The names of all indexes of a user, sorted.
    pub fn index_names(&self, user: &str) -> Vec<String> {
        self.indexes(user).into_keys().collect()
    }

    /// The configuration of `USER/NAME`.
    pub fn index(&self, index: &str) -> Option<Value> {
        self.get(&format!("{index}?no_projects=")).map(|answer| answer["result"].clone())
    }

    /// The versions of a project on exactly this index.
    pub fn versions(&self, index: &str, project: &str) -> Vec<String> {
        let answer = self.get(&format!("{index}/{project}?ignore_bases=")).unwrap_or_default();
        answer["result"].as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
    }

    /// Files and tox results of a release on exactly this index, never of its bases.
    pub fn links(&self, index: &str, project: &str, version: &str) -> Vec<Link> {
        let answer = self.get(&format!("{index}/{project}?ignore_bases=")).unwrap_or_default();
        let links = answer["result"][version]["+links"].as_array().cloned().unwrap_or_default();
        links.iter().map(|link| self.link(link)).collect()
    }

    /// The files of a release.
    pub fn files(&self, index: &str, project: &str, version: &str) -> Vec<Link> {
        self.links(index, project, version).into_iter().filter(|link| link.rel == "releasefile").collect()
    }

    /// The tox results of a release: their links and contents.
    pub fn tox_results(&self, index: &str, project: &str, version: &str) -> Vec<(Link, Value)> {
        let links = self.links(index, project, version).into_iter().filter(|link| link.rel == "toxresult");
        links.map(|link| (link.clone(), serde_json::from_slice(&self.bytes(&link.path)).expect("JSON"))).collect()
    }

    /// The bytes of a file. (With `Accept: application/json` devpi would send its metadata instead.)
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let answer = self.client.get(self.url(path)).send().unwrap();
        assert!(answer.status().is_success(), "GET {path}: {}", answer.status());
        answer.bytes().unwrap().to_vec()
    }

    /// A page of devpi-web as text.
    pub fn page(&self, path: &str) -> String {
        let answer = self.client.get(self.url(path)).header("Accept", "text/html").send().unwrap();
        assert!(answer.status().is_success(), "GET {path}: {}", answer.status());
        answer.text().unwrap()
    }

    /// GET as JSON; `None` for 404.
    pub fn get(&self, path: &str) -> Option<Value> {
        let request = self.client.get(self.url(path)).header("Accept", "application/json");
        let answer = self.authorised(request).send().unwrap();
        if answer.status().as_u16() == 404 {
            return None;
        }
        let (status, body) = (answer.status(), answer.text().unwrap());
        assert!(status.is_success(), "GET {path}: {status}\n{body}");
        Some(serde_json::from_str(&body).unwrap_or_else(|_| panic!("GET {path}: no JSON\n{body}")))
    }

    /// PUT: creates a user (`NAME`) or an index (`USER/NAME`).
    pub fn put(&self, path: &str, body: &Value) -> Value {
        self.json(self.client.put(self.url(path)).body(body.to_string()))
    }

    /// PATCH: changes keys of an index.
    pub fn patch(&self, path: &str, body: &Value) -> Value {
        self.json(self.client.patch(self.url(path)).body(body.to_string()))
    }

    /// POST as JSON: a tox result to a file, a push to an index.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        self.json(self.client.post(self.url(path)).body(body.to_string()))
    }

    /// POST of any body; gives the status.
    pub fn post_bytes(&self, path: &str, content_type: &str, body: Vec<u8>) -> u16 {
        let request = self.client.post(self.url(path)).header("Content-Type", content_type).body(body);
        self.authorised(request).send().unwrap().status().as_u16()
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Value {
        self.json(self.client.delete(self.url(path)))
    }

    /// Uploads a file with the fewest fields that devpi accepts.
    pub fn upload(&self, index: &str, (project, version): (&str, &str), (file_name, bytes): (&str, &[u8])) {
        let part = reqwest::blocking::multipart::Part::bytes(bytes.to_vec()).file_name(file_name.to_owned());
        let form = reqwest::blocking::multipart::Form::new()
            .text(":action", "file_upload")
            .text("protocol_version", "1")
            .text("name", project.to_owned())
            .text("version", version.to_owned())
            .part("content", part);
        let answer = self.authorised(self.client.post(self.url(&format!("{index}/"))).multipart(form)).send().unwrap();
        assert!(answer.status().is_success(), "upload of {file_name} to {index}: {}", answer.status());
    }

    fn link(&self, link: &Value) -> Link {
        let path = |key: &str| {
            let href = link[key].as_str()?.split('#').next()?;
            Some(href.strip_prefix(&self.root).unwrap_or(href).trim_start_matches('/').to_owned())
        };
        let log = link["log"].as_array().cloned().unwrap_or_default();
        let entry = |entry: &Value| {
            (entry["what"].as_str().unwrap_or_default().to_owned(), entry["who"].as_str().map(str::to_owned))
        };
        let at = path("href").expect("href");
        Link {
            rel: link["rel"].as_str().unwrap_or_default().to_owned(),
            name: at.rsplit('/').next().unwrap_or_default().to_owned(),
            path: at,
            sha256: link["hashes"]["sha256"].as_str().unwrap_or_default().to_owned(),
            for_path: path("for_href"),
            log: log.iter().map(entry).collect(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.login {
            Some((user, token)) => request.basic_auth(user, Some(token)),
            None => request,
        }
    }

    fn json(&self, request: RequestBuilder) -> Value {
        let request = request.header("Content-Type", "application/json").header("Accept", "application/json");
        let answer = self.authorised(request).send().unwrap();
        let (status, url, body) = (answer.status(), answer.url().clone(), answer.text().unwrap());
        assert!(status.is_success(), "{url}: {status}\n{body}");
        serde_json::from_str(&body).unwrap_or_else(|_| panic!("{url}: no JSON\n{body}"))
    }
}
