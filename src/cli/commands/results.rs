//! `git devpi results`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::ui::{AnswerForm, Ui};
use crate::cli::views;
use crate::ops;
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
    /// Upload a tox JSON report as evidence for the release.
    #[command(after_help = "Example:\n  git devpi results add report.json 1.4.57")]
    Add {
        /// The report, written by `tox --result-json FILE`.
        file: std::path::PathBuf,
        /// The release, as VERSION or PROJECT==VERSION [default: the version of this commit].
        version: Option<String>,
    },
}

/// Shows the evidence for a release, or adds a tox report to it.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    match &args.action {
        None => return show(args, context, &workspace),
        Some(Action::Add { file, version }) => {
            let selector = ReleaseSelector::parse(version.as_deref())?;
            views::results::show_added(&context.ui, &ops::results::add(&workspace, file, &selector)?);
        }
    }
    Ok(Exit::Done)
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
