//! Jenkins: a declarative pipeline for a multibranch job.

use super::commands::{IMAGE, PASSWORD, PROMOTE, PRUNE};
use super::facts::Facts;

pub(super) fn text(facts: &Facts) -> String {
    let (head, server, login) = (facts.head("Jenkinsfile"), groovy(&facts.server), groovy(&facts.login));
    let stages: String = facts
        .stages
        .iter()
        .map(|stage| {
            let (name, command) = (groovy(&stage.name), shell(&stage.command()));
            format!(
                "                stage({name}) {{
                    agent {{ docker {{ image '{IMAGE}' }} }}
                    steps {{
                        checkoutAll()
                        sh {command}
                    }}
                }}
"
            )
        })
        .collect();
    let branches: String = facts
        .branches
        .globs()
        .map(|glob| format!("                    branch pattern: {}, comparator: 'GLOB'\n", groovy(glob)))
        .collect();
    let on_release = format!(
        "                not {{ triggeredBy 'TimerTrigger' }}
                anyOf {{
{branches}                }}
"
    );
    let promote = stage("promote", &on_release, PROMOTE);
    let prune = stage("prune", "                triggeredBy 'TimerTrigger'\n", PRUNE);
    let main = groovy(facts.branches.first_name());
    format!(
        "// {head}
// It is a credential of the kind \"secret text\" with the id {PASSWORD}. Needs the plugins Docker Pipeline and Git.
pipeline {{
    agent none
    options {{ skipDefaultCheckout() }}
    triggers {{ cron(env.BRANCH_NAME == {main} ? 'H 3 * * *' : '') }}
    environment {{
        GIT_DEVPI_SERVER = {server}
        GIT_DEVPI_LOGIN = {login}
        {PASSWORD} = credentials('{PASSWORD}')
    }}
    stages {{
        stage('test') {{
            when {{ not {{ triggeredBy 'TimerTrigger' }} }}
            parallel {{
{stages}            }}
        }}
{promote}{prune}    }}
}}

// The whole history, with tags.
def checkoutAll() {{
    checkout scmGit(branches: scm.branches, userRemoteConfigs: scm.userRemoteConfigs,
        extensions: scm.extensions + [cloneOption(noTags: false, shallow: false)])
}}
"
    )
}

/// A stage for git commands that need the credentials of the checkout.
fn stage(name: &str, conditions: &str, command: &str) -> String {
    let line = shell(command);
    format!(
        "        stage('{name}') {{
            when {{
                beforeAgent true
{conditions}            }}
            agent {{ docker {{ image '{IMAGE}' }} }}
            steps {{
                checkoutAll()
                withCredentials([gitUsernamePassword(credentialsId: scm.userRemoteConfigs[0].credentialsId)]) {{
                    sh {line}
                }}
            }}
        }}
"
    )
}

/// A shell line as a string. The user of a Docker agent has no home folder.
fn shell(command: &str) -> String {
    groovy(&format!("mkdir -p \"$WORKSPACE_TMP\" && HOME=\"$WORKSPACE_TMP\" {command}"))
}

/// A string without interpolation.
fn groovy(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}
