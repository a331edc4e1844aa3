//! The page of `status --all --html`: one self-contained HTML file for a build monitor, without scripts and external resources.
//!
//! Branch names, versions and environments are chosen by others: maud escapes every text, and `<bdi>` keeps their direction to themselves.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::status::provenance_text;
use super::status_all::last_used_text;
use crate::index::survey::SurveyedIndex;
use crate::model::names::escape_for_terminal;
use crate::model::staleness::Activity;
use crate::ops::status::Overview;
use crate::ops::status::page::{Cell, Environment, IndexReleases, ReleaseRow, StatusPage};

const STYLE: &str = include_str!("status_page.css");

/// How often a browser that shows the page reads it again, in seconds.
const REFRESH: &str = "60";

/// More columns than this do not fit a monitor in legible letters: then each release shows its environments in lines.
const MAX_COLUMNS: usize = 8;

/// Returns the page.
pub fn html(overview: &Overview, page: &StatusPage, everybody: bool) -> String {
    let summary = Summary::of(overview, page);
    let repository = overview.survey.repository.as_str();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                meta http-equiv="refresh" content=(REFRESH);
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "git-devpi " (env!("CARGO_PKG_VERSION")) };
                title { (repository) ": " (summary.headline()) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                (header(repository, page, &summary))
                @if let Some(failure) = &overview.survey.failure {
                    p.warning role="alert" {
                        (escape_for_terminal(&failure.to_string())) "; whether branches are merged or deleted is unknown"
                    }
                }
                main {
                    (matrix(overview, page))
                    (indexes(overview, page, everybody))
                }
                (footer(page))
            }
        }
    };
    markup.into_string()
}

/// The numbers of branches by the results of their newest releases.
#[derive(Debug, Default, PartialEq, Eq)]
struct Summary {
    passed: usize,
    failed: usize,
    incomplete: usize,
    without_release: usize,
    stale: usize,
    production: Vec<String>,
}

impl Summary {
    fn of(overview: &Overview, page: &StatusPage) -> Self {
        let stale = overview.survey.indexes.iter().filter(|surveyed| surveyed.is_stale()).count();
        let mut summary = Self { stale, ..Self::default() };
        for index in &page.indexes {
            let newest: Vec<&ReleaseRow> = index.releases.iter().filter(|row| row.is_newest).collect();
            if index.branch.is_none() {
                summary.production.extend(newest.iter().map(|row| escape_for_terminal(&row.version)));
                continue;
            }
            let cells: Vec<Cell> = newest.iter().flat_map(|row| row.decisive_cells(&page.environments)).collect();
            if newest.is_empty() {
                summary.without_release += 1;
            } else if cells.contains(&Cell::Failed) {
                summary.failed += 1;
            } else if !cells.is_empty() && cells.iter().all(|cell| *cell == Cell::Passed) {
                summary.passed += 1;
            } else {
                summary.incomplete += 1;
            }
        }
        summary
    }

    /// The title of the page, which a browser shows on its tab.
    fn headline(&self) -> String {
        format!("{} failed, {} passed", self.failed, self.passed)
    }

    /// The class of the whole page.
    fn class(&self) -> &'static str {
        match (self.failed, self.passed) {
            (1.., _) => "failed",
            (0, 1..) => "passed",
            (0, 0) => "missing",
        }
    }
}

fn header(repository: &str, page: &StatusPage, summary: &Summary) -> Markup {
    let server = page.server.as_str();
    html! {
        header class=(summary.class()) {
            div.title {
                h1 { bdi { (repository) } }
                p { "indexes of " b { bdi { (page.owner.as_str()) } } " on " bdi { (server) } }
                p { "made " (time(page.made)) }
            }
            ul.tiles aria-label="branches by the results of their newest release" {
                (tile("failed", summary.failed, "failed"))
                (tile("passed", summary.passed, "passed"))
                (tile("missing", summary.incomplete, "results missing"))
                @if summary.without_release > 0 { (tile("none", summary.without_release, "without release")) }
                @if summary.stale > 0 { (tile("stale", summary.stale, if summary.stale == 1 { "stale index" } else { "stale indexes" })) }
                @if !summary.production.is_empty() {
                    li.tile.production { b { bdi { (summary.production.join(", ")) } } " in production" }
                }
            }
        }
    }
}

/// A number with its word. Without a colour where there is nothing to report.
fn tile(class: &str, count: usize, word: &str) -> Markup {
    let class = if count == 0 { "zero" } else { class };
    html! { li class={ "tile " (class) } { b { (count) } " " (word) } }
}

fn matrix(overview: &Overview, page: &StatusPage) -> Markup {
    let class = if page.environments.len() > MAX_COLUMNS { "matrix many" } else { "matrix" };
    html! {
        section.releases {
            h2 { "Releases and environments" }
            @if page.indexes.is_empty() {
                p.empty { "no indexes yet: the next push creates the first one" }
            } @else {
                table class=(class) {
                    thead {
                        tr {
                            th scope="col" { "branch" }
                            th scope="col" { "release" }
                            @for environment in &page.environments { (column_head(environment)) }
                        }
                    }
                    @for index in &page.indexes { (index_rows(overview, index, &page.environments)) }
                }
            }
        }
    }
}

fn column_head(environment: &Environment) -> Markup {
    html! {
        th.environment scope="col" {
            bdi { (escape_for_terminal(&environment.name)) }
            @if environment.is_required { " " small { "required" } }
        }
    }
}

/// The rows of one index, in a group of their own.
fn index_rows(overview: &Overview, index: &IndexReleases, environments: &[Environment]) -> Markup {
    let surveyed = overview.survey.indexes.iter().find(|surveyed| surveyed.index == index.index);
    let name = match &index.branch {
        Some(branch) => escape_for_terminal(branch),
        None => "production".to_owned(),
    };
    let state = surveyed.map(SurveyedIndex::shown_state).filter(|_| index.branch.is_some());
    html! {
        tbody {
            @for (at, row) in index.releases.iter().enumerate() {
                tr.older[!row.is_newest] {
                    @if at == 0 {
                        th.branch scope="rowgroup" rowspan=(index.releases.len()) { (branch_cell(&name, index, state)) }
                    }
                    (release_cell(row, index, has_several_projects(index)))
                    @for (environment, cell) in environments.iter().zip(&row.cells) {
                        (verdict_cell(environment, *cell))
                    }
                }
            }
            @if index.releases.is_empty() {
                tr {
                    th.branch scope="rowgroup" { (branch_cell(&name, index, state)) }
                    td.release colspan=(environments.len() + 1) { span.muted { "no release yet" } }
                }
            }
        }
    }
}

fn has_several_projects(index: &IndexReleases) -> bool {
    index.releases.iter().any(|row| row.project != index.releases[0].project)
}

fn branch_cell(name: &str, index: &IndexReleases, state: Option<&str>) -> Markup {
    html! {
        span.name { bdi { (name) } }
        " "
        span.index { bdi { (index.index.to_string()) } " " }
        @if let Some(state) = state { (state_chip(state)) }
        @if index.older > 0 { span.index { " and " (index.older) " older releases" } }
    }
}

fn release_cell(row: &ReleaseRow, index: &IndexReleases, several: bool) -> Markup {
    html! {
        td.release {
            span.version {
                @if several { bdi { (row.project.as_str()) } " " }
                bdi { (escape_for_terminal(&row.version)) }
            }
            @if row.in_production && index.branch.is_some() { span.chip.promoted { "in production" } " " }
            span.muted {
                (provenance_text(&row.provenance))
                @if let Some(when) = row.uploaded { ", " (time(when)) }
            }
            @if row.unreadable > 0 { " " span.warning { (row.unreadable) " unreadable results" } }
        }
    }
}

/// A cell of the matrix: a word, a symbol and a colour. Narrow screens show the environment's name in the cell.
fn verdict_cell(environment: &Environment, cell: Cell) -> Markup {
    let (class, symbol, word) = match cell {
        Cell::Passed => ("passed", "✓", "passed".to_owned()),
        Cell::Failed => ("failed", "✗", "failed".to_owned()),
        Cell::Partly { passed, files } => ("partly", "◐", format!("passed {passed} of {files} files")),
        Cell::Missing => ("missing", "–", "missing".to_owned()),
    };
    html! {
        td class={ "cell " (class) } {
            span.environment { bdi { (escape_for_terminal(&environment.name)) } " " }
            span.symbol aria-hidden="true" { (symbol) " " }
            (word)
        }
    }
}

fn state_chip(state: &str) -> Markup {
    html! { span class={ "chip state-" (state.replace(' ', "-")) } { (state) } }
}

/// All indexes with their states and reasons: stale ones first.
fn indexes(overview: &Overview, page: &StatusPage, everybody: bool) -> Markup {
    let Overview { survey, production, crowded } = overview;
    let (mut shown, others): (Vec<_>, Vec<_>) =
        survey.indexes.iter().partition(|one| everybody || one.is_ours() || one.index == *production);
    shown.sort_by_key(|surveyed| !surveyed.is_stale());
    html! {
        section.indexes {
            h2 { "Indexes" }
            ul {
                @for surveyed in shown { (index_item(surveyed, page, surveyed.index == *production)) }
            }
            @for one in crowded {
                p.warning {
                    (one.index.to_string()) " has " (one.releases) " releases of " (escape_for_terminal(&one.project))
                    ": " code { "git devpi prune --releases" } " deletes old ones"
                }
            }
            @if !others.is_empty() { p.muted { (others.len()) " more of other repositories" } }
        }
    }
}

fn index_item(surveyed: &SurveyedIndex, page: &StatusPage, is_production: bool) -> Markup {
    let branch = surveyed.branch().map(escape_for_terminal);
    let read = page.indexes.iter().find(|index| index.index == surveyed.index);
    let last_used = match read.map_or(surveyed.activity, |index| index.activity) {
        Activity::Empty => Some("empty".to_owned()),
        Activity::NotRead => None,
        activity => Some(format!("last used {}", last_used_text(activity).replace(' ', "\u{a0}"))),
    };
    html! {
        li {
            (state_chip(if is_production { "production" } else { surveyed.shown_state() }))
            " "
            span.name { bdi { (surveyed.index.to_string()) } }
            " "
            span.why { (surveyed.assessment.reason) }
            " "
            span.muted {
                @if let Some(branch) = &branch { "branch " bdi { (branch) } }
                @if branch.is_some() && last_used.is_some() { ", " }
                @if let Some(last_used) = last_used { (last_used) }
            }
        }
    }
}

fn footer(page: &StatusPage) -> Markup {
    html! {
        footer {
            p {
                "A branch has " b { "passed" } " when its newest release has passed in every "
                @if page.environments.iter().any(|environment| environment.is_required) { "required " }
                "environment."
            }
            p { code { "git devpi status --all --html FILE" } " writes this page; a browser reads it again every " (REFRESH) " s." }
        }
    }
}

fn time(when: Timestamp) -> Markup {
    html! { time datetime=(when.to_string()) { (when.strftime("%Y-%m-%d %H:%M UTC").to_string()) } }
}
