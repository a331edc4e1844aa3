//! Every way of keeping a version, built by its real backend: one test for each shape of a project.
//!
//! Nothing that git-devpi prints is believed here: name and version are read from the built files, and the work tree is compared byte
//! for byte.

mod backends;
mod inspect;
mod interrupted;
mod monorepo;
mod native;
mod setuptools;
mod shape;
mod tags;
mod trees;
