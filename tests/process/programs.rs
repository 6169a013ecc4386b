//! The programs of the workspace, built as these tests are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The path of a program, which is built first where it is not up to date.
pub(crate) fn program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let own = std::env::current_exe().unwrap();
        let folder = own
            .parent()
            .and_then(Path::parent)
            .expect("target/profile/deps");
        build(folder);
        folder.to_owned()
    });
    folder.join(name)
}

/// Builds all programs at once: with the whole workspace, so that no dependency is built again for other
/// features.
fn build(folder: &Path) {
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(other) => other,
        None => panic!("{} is no folder of a profile", folder.display()),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    command
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env("CARGO_TARGET_DIR", folder.parent().unwrap())
        .args(["build", "--quiet", "--locked", "--workspace", "--bins"])
        .args(["--profile", profile]);
    // What cargo sets for tests would make it see a change of everything.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text == "CARGO_MANIFEST_DIR" {
            command.env_remove(&name);
        }
    }
    assert!(
        command.status().unwrap().success(),
        "the programs cannot be built"
    );
}
