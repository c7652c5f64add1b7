use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::Context;
use serde::Deserialize;

use crate::cargo::{cargo, root};
use crate::process;

/// The members of the workspace and all that they depend on, as cargo resolves it for this machine.
pub struct Packages {
    all: BTreeMap<String, Package>,
}

/// A package, ours or another's.
#[derive(Clone, Debug, Default)]
pub struct Package {
    pub name: String,
    pub member: bool,
    /// May go to the registry.
    pub published: bool,
    /// From the repository's root, of members only.
    pub manifest: String,
    pub rust_version: Option<String>,
    pub dependencies: Vec<Dependency>,
    /// Identifiers of the packages that it is compiled with, tests aside.
    pub compiled_with: Vec<String>,
}

/// A line below `[dependencies]` or its sisters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Dependency {
    pub name: String,
    /// `dev`, `build`, or none of the two.
    pub kind: Option<String>,
}

impl Packages {
    /// Asks cargo, which compiles nothing for it.
    pub fn read() -> anyhow::Result<Self> {
        let host = host()?;
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1", "--filter-platform", &host]);
        let text = process::read(&mut command)?;
        Self::parse(&text, &root().display().to_string()).context("reading `cargo metadata`")
    }

    /// The members, in the order of their names.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        let mut members: Vec<_> = self.all.values().filter(|package| package.member).collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members.into_iter()
    }

    /// Whether `name` is a member.
    pub fn is_member(&self, name: &str) -> bool {
        self.members().any(|member| member.name == name)
    }

    /// Everything that is compiled into `name`, itself included.
    pub fn closure(&self, name: &str) -> Vec<&Package> {
        let mut open: Vec<&String> =
            self.all.iter().filter(|(_, p)| p.name == name).map(|(id, _)| id).collect();
        let mut seen: BTreeSet<&String> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            let next = self.all.get(id).into_iter().flat_map(|package| &package.compiled_with);
            open.extend(next.filter(|id| seen.insert(id)));
        }
        seen.into_iter().filter_map(|id| self.all.get(id)).collect()
    }

    fn parse(text: &str, root: &str) -> serde_json::Result<Self> {
        let metadata: Metadata = serde_json::from_str(text)?;
        let members: BTreeSet<String> = metadata.workspace_members.into_iter().collect();
        let mut all: BTreeMap<String, Package> = metadata
            .packages
            .into_iter()
            .map(|found| (found.id.clone(), found.package(&members, root)))
            .collect();
        for node in metadata.resolve.nodes {
            if let Some(package) = all.get_mut(&node.id) {
                package.compiled_with = node.normal();
            }
        }
        Ok(Self { all })
    }

    /// Members with their direct dependencies, each compiled in, for tests.
    #[cfg(test)]
    pub fn of(packages: &[(&str, &[&str])]) -> Self {
        let package = |(name, dependencies): &(&str, &[&str])| Package {
            name: (*name).to_owned(),
            member: name.starts_with("realuid") || *name == "xtask",
            published: name.starts_with("realuid"),
            manifest: format!("crates/{name}/Cargo.toml"),
            rust_version: None,
            dependencies: dependencies
                .iter()
                .map(|name| Dependency { name: (*name).to_owned(), kind: None })
                .collect(),
            compiled_with: dependencies.iter().map(|name| (*name).to_owned()).collect(),
        };
        Self { all: packages.iter().map(|p| (p.0.to_owned(), package(p))).collect() }
    }

    /// The package of this name, to change it in a test.
    #[cfg(test)]
    pub fn get_mut(&mut self, name: &str) -> &mut Package {
        self.all.get_mut(name).expect("a package of the sample")
    }
}

impl Package {
    /// The folder of a member, from the repository's root.
    pub fn folder(&self) -> &str {
        self.manifest.strip_suffix("/Cargo.toml").unwrap_or(&self.manifest)
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Found>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Found {
    id: String,
    name: String,
    manifest_path: String,
    rust_version: Option<String>,
    /// Registries that it may go to: all if it does not say.
    publish: Option<Vec<String>>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

impl Found {
    fn package(self, members: &BTreeSet<String>, root: &str) -> Package {
        let manifest = self.manifest_path.strip_prefix(root).unwrap_or(&self.manifest_path);
        Package {
            member: members.contains(&self.id),
            published: self.publish.is_none_or(|registries| !registries.is_empty()),
            manifest: manifest.trim_start_matches('/').to_owned(),
            name: self.name,
            rust_version: self.rust_version,
            dependencies: self.dependencies,
            compiled_with: Vec::new(),
        }
    }
}

impl Node {
    fn normal(self) -> Vec<String> {
        let normal = |edge: &Edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none());
        self.deps.into_iter().filter(normal).map(|edge| edge.pkg).collect()
    }
}

/// The triple of this machine: other machines' packages need not be here.
fn host() -> anyhow::Result<String> {
    let text = process::read(Command::new("rustc").arg("-vV").current_dir(root()))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV`: expected a line `host: ...`, found none")
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{
        "packages": [
            {"id": "1", "name": "ours", "manifest_path": "/r/crates/ours/Cargo.toml", "rust_version": "1.89",
             "publish": null, "dependencies": [{"name": "far", "kind": null}, {"name": "kit", "kind": "dev"}]},
            {"id": "2", "name": "kit", "manifest_path": "/r/crates/kit/Cargo.toml", "rust_version": null,
             "publish": [], "dependencies": []},
            {"id": "3", "name": "far", "manifest_path": "/elsewhere/Cargo.toml", "rust_version": "1.70",
             "publish": null, "dependencies": []}
        ],
        "workspace_members": ["1", "2"],
        "resolve": {"nodes": [
            {"id": "1", "deps": [
                {"pkg": "3", "dep_kinds": [{"kind": null}]},
                {"pkg": "2", "dep_kinds": [{"kind": "dev"}]}]},
            {"id": "2", "deps": []},
            {"id": "3", "deps": []}
        ]}
    }"#;

    #[test]
    fn metadata_says_who_is_a_member_and_what_is_compiled() {
        let packages = Packages::parse(METADATA, "/r").unwrap();
        let members: Vec<_> = packages.members().map(|p| (p.name.as_str(), p.published)).collect();
        assert_eq!(members, [("kit", false), ("ours", true)]);
        assert_eq!(packages.members().nth(1).unwrap().folder(), "crates/ours");
        let names: Vec<_> = packages.closure("ours").iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["ours", "far"]);
    }
}
