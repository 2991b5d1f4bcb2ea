//! The database outside of the cluster, by other ways than its own name.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::Stage;
use crate::{
    Result,
    database::SERVICE,
    load::{Load, MANY},
    pooler::{Pooler, SIZE},
};

/// So long the load runs on it.
const LOAD: Duration = Duration::from_secs(10);

pub(super) async fn external_name(stage: &mut Stage) -> Result<String> {
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": SERVICE},
        "spec": {"type": "ExternalName", "externalName": stage.database.host},
    });
    stage.kubectl.apply(&service.to_string()).await?;
    let url = stage.database.url_by(SERVICE, stage.database.port);
    with(stage, &url, &url, "external-name", &[]).await
}

pub(super) async fn pooler(stage: &mut Stage) -> Result<String> {
    let Some(pooler) = Pooler::start(&stage.database)? else {
        return Ok(
            "ran without: neither the PATH nor PGBOUNCER names a PgBouncer from 1.21 on".to_owned(),
        );
    };
    let url = stage.database.url_by(&stage.database.host, pooler.port);
    let direct = stage.database.url();
    let ports = format!(
        "backend.networkPolicy.egress.database[0].ports={{{},{}}}",
        stage.database.port, pooler.port
    );
    let seen = with(stage, &url, &direct, "pooler", &[&ports]).await;
    let connections = pooler.connections(&stage.database);
    // Back to its own address: the pooler goes.
    stage.make_secrets().await?;
    stage.release.upgrade(&[]).await?;
    let (seen, (clients, servers)) = (seen?, connections?);
    if servers > SIZE || clients <= servers {
        return Err(format!("{clients} clients had {servers} connections; {seen}").into());
    }
    Ok(format!(
        "PgBouncer {}: {clients} connections of the pods over {servers} of the server; {seen}",
        pooler.version
    ))
}

/// Runs a load on pods that know the database by these addresses.
async fn with(
    stage: &Stage,
    url: &str,
    direct_url: &str,
    revision: &str,
    settings: &[&str],
) -> Result<String> {
    stage.name_database(url, direct_url).await?;
    let revision = format!("backend.secretsRevision={revision}");
    let mut settings = settings.to_vec();
    settings.push(&revision);
    stage.release.upgrade(&settings).await?;
    stage.renewed().await?;
    let load = Load::start(&stage.site, &MANY).await?;
    sleep(LOAD).await;
    Ok(load.stop().await?.without_failure()?.to_string())
}
