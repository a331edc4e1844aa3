//! `git devpi promote`.

use url::Url;

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::{completion, views};
use crate::ops;
use crate::ops::promote::{Decision, PromoteRequest, Promotion, Selection};
use crate::release::select::ReleaseSelector;

/// Promote a release.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  git devpi promote 1.4.57 --dry-run\n\nThe token of an upload comes from GIT_DEVPI_UPLOAD_TOKEN (user GIT_DEVPI_UPLOAD_USER, else __token__), or the login from git credential."
)]
pub struct Args {
    /// The release, as VERSION or PROJECT==VERSION [default: the release of the checked-out commit].
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// Promote the newest release of the release branch that passed in all required environments.
    #[arg(long, conflicts_with = "version")]
    pub latest_green: bool,
    /// The source index [default: the index of the checked-out, else of the default release branch].
    #[arg(long, value_name = "INDEX", add = completion::indexes())]
    pub from: Option<String>,
    /// Another target index than production, or an upload URL that gets the files after production.
    #[arg(long, value_name = "INDEX|URL", add = completion::indexes())]
    pub to: Option<String>,
    /// A tox environment that must have passed; may be repeated [default: the setting `require`].
    #[arg(long = "require", value_name = "ENV", add = completion::environments())]
    pub require: Vec<String>,
    /// Promote even if production has a higher version of the same base.
    #[arg(long)]
    pub older: bool,
    /// Show the evidence and the decision; change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Promotes the releases, or reports what blocks them.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let asked = ReleaseSelector::parse(args.version.as_deref())?;
    let selection = match asked.version {
        _ if args.latest_green => Selection::LatestGreen,
        Some(version) => Selection::Version(version),
        None => Selection::ThisCommit,
    };
    let upload_to = args.to.as_deref().map(upload_url).transpose()?.flatten();
    let request = PromoteRequest {
        project: asked.project,
        selection,
        from: args.from.clone(),
        to: args.to.clone().filter(|_| upload_to.is_none()),
        upload_to,
        require: args.require.clone(),
        older: args.older,
        dry_run: args.dry_run,
    };
    let outcome = ops::promote::promote(&workspace, &request)?;
    context.progress.finish();
    views::promote::show(&context.ui, &outcome);
    if let Some(interruption) = outcome.interruption {
        return Err(interruption.error);
    }
    let is_blocked = |promotion: &Promotion| matches!(promotion.decision, Decision::Blocked(_));
    Ok(match &outcome.promotions {
        promotions if promotions.iter().any(|promotion| promotion.is_conflict) => Exit::Conflict,
        promotions if promotions.iter().any(is_blocked) => Exit::No,
        _ => Exit::Done,
    })
}

/// The upload URL; `None` when `to` names an index of the devpi server.
fn upload_url(to: &str) -> Result<Option<Url>, ops::Error> {
    if !to.contains("://") {
        return Ok(None);
    }
    // Neither text nor error may show a password.
    let shown = to.rsplit_once('@').map_or(to, |(_, host)| host).to_owned();
    let bad = |why: String| ops::promote::Error::BadUploadUrl { url: shown.clone(), why };
    let url = Url::parse(to).map_err(|error| bad(error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it contains a user name or password: set GIT_DEVPI_UPLOAD_TOKEN instead".to_owned()).into());
    }
    Ok(Some(url))
}
