//! `git devpi results`.

use std::path::{Path, PathBuf};

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::ui::{AnswerForm, Ui};
use crate::cli::views;
use crate::ops;
use crate::ops::results::Added;
use crate::ops::results::junit::JUnitRequest;
use crate::release::select::ReleaseSelector;
use crate::workspace::Workspace;

/// Show the evidence for a release.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct Args {
    /// Another action than showing.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// The release, as VERSION or PROJECT==VERSION [default: the version of this commit].
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// The format of the answer.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Print a requirements file with the hashes of the release's files, for pip and uv.
    #[arg(long, conflicts_with = "format")]
    pub requirements: bool,
}

/// The formats of `results`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table
    #[default]
    Table,
    /// One JSON object, as with `--json`
    Json,
    /// in-toto Statements v1, one per line: SLSA provenance v1 and test-result v0.1
    InToto,
}

const EXAMPLES: &str = "Example:\n  git devpi results 1.4.57 --json\n  \
    git devpi results 1.4.57 --requirements > requirements.txt && pip install --require-hashes -r requirements.txt\n  \
    git devpi results 1.4.57 --format in-toto | head -1 > build.json && \
    cosign attest-blob --statement build.json --bundle build.sigstore.json FILE\n\n\
    For a cosign without `--statement`, `jq .predicate` gives the file for `--predicate`, and `.predicateType` the `--type`.";

/// The actions of `results`.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Upload a report of tests as evidence for the release: tox's JSON, or JUnit XML.
    #[command(after_help = "Example:\n  git devpi results add report.json 1.4.57\n  \
        git devpi results add --junit report.xml --env unit")]
    Add(AddArgs),
}

/// The report to add.
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// The report, written by `tox --result-json FILE`; not with --junit.
    #[arg(required_unless_present = "junit")]
    pub file: Option<String>,
    /// The release, as VERSION or PROJECT==VERSION [default: the version of this commit].
    pub version: Option<String>,
    /// A report in JUnit XML, of any test program.
    #[arg(long, value_name = "FILE", requires = "env")]
    pub junit: Option<PathBuf>,
    /// The name under which the JUnit report counts, as in the setting `require`.
    #[arg(long, value_name = "NAME", requires = "junit", value_parser = environment_name)]
    pub env: Option<String>,
    /// The tested file, if the release has several.
    #[arg(long, value_name = "FILE", requires = "junit")]
    pub package: Option<PathBuf>,
    /// The exit code of the test program: only 0 is green, whatever the JUnit report says.
    #[arg(long, value_name = "CODE", requires = "junit", allow_hyphen_values = true)]
    pub exit_code: Option<i32>,
}

/// Packaging environments begin with a dot; their results are no evidence.
fn environment_name(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || text.starts_with('.') || !text.chars().all(is_plain) {
        return Err("is not the name of an environment: letters, digits, `-`, `_` and `.`, not first".to_owned());
    }
    Ok(text.to_owned())
}

/// Shows the evidence for a release, or adds a tox report to it.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    match &args.action {
        None => return show(args, context, &workspace),
        Some(Action::Add(args)) => views::results::show_added(&context.ui, &add(args, &workspace)?),
    }
    Ok(Exit::Done)
}

fn add(args: &AddArgs, workspace: &Workspace<'_>) -> Result<Added, ops::Error> {
    let (Some(report), Some(environment)) = (&args.junit, &args.env) else {
        let selector = ReleaseSelector::parse(args.version.as_deref())?;
        return ops::results::add(workspace, Path::new(args.file.as_deref().unwrap_or_default()), &selector);
    };
    // The only positional argument is the version then.
    let selector = ReleaseSelector::parse(args.file.as_deref().or(args.version.as_deref()))?;
    let (environment, package) = (environment.clone(), args.package.clone());
    let request = JUnitRequest { report: report.clone(), environment, package, exit_code: args.exit_code };
    ops::results::junit::add(workspace, &request, &selector)
}

fn show(args: &Args, context: &Context<'_>, workspace: &Workspace<'_>) -> Result<Exit, ops::Error> {
    let selector = ReleaseSelector::parse(args.version.as_deref())?;
    if args.requirements {
        views::requirements::show(&context.ui, &ops::results::requirements::requirements(workspace, &selector)?);
        return Ok(Exit::Done);
    }
    match args.format {
        Format::Table => views::results::show(&context.ui, &ops::results::results(workspace, &selector)?),
        Format::Json => {
            let ui = Ui { form: AnswerForm::Json, ..context.ui };
            views::results::show(&ui, &ops::results::results(workspace, &selector)?);
        }
        Format::InToto => {
            let (release, attestations) = ops::results::attestations::attestations(workspace, &selector)?;
            views::attestation::show(&context.ui, &release, &attestations);
            if attestations.statements.is_empty() {
                return Ok(Exit::No);
            }
        }
    }
    Ok(Exit::Done)
}
