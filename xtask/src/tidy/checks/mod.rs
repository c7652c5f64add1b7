//! The checks, one a file: each takes what it looks at and returns what is out of order.

mod crate_examples;
mod crate_table;
mod detach_reason;
mod equations;
mod file_length;
mod function_length;
mod layering;
mod leftovers;
mod light_libraries;
mod listed_dependencies;
mod machine_paths;
mod msrv;
mod named_paths;
mod top_level;
mod unsafe_code;

use super::packages::Packages;
use super::repository::Repository;
use super::violation::Violation;

/// What every check finds.
pub fn all(repository: &Repository, packages: &Packages) -> Vec<Violation> {
    [
        crate_examples::check(repository, packages),
        crate_table::check(repository, packages),
        detach_reason::check(repository),
        equations::check(repository),
        file_length::check(repository),
        function_length::check(repository),
        layering::check(repository, packages),
        leftovers::check(repository),
        light_libraries::check(packages),
        listed_dependencies::check(repository, packages),
        machine_paths::check(repository),
        msrv::check(repository, packages),
        named_paths::check(repository),
        top_level::check(repository),
        unsafe_code::check(repository),
    ]
    .concat()
}
