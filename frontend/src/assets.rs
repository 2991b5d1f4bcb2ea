//! Style sheets, scripts and the icon, embedded in the binary and served under an address that
//! changes with their content, so that browsers may keep them for ever.

use std::{fmt::Write, sync::LazyLock};

use axum::{
    Router,
    extract::Path,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest, Sha256};

struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal: $kind:expr,)*) => {
        &[$(Asset {
            name: $name,
            kind: $kind,
            bytes: include_bytes!(concat!("../assets/", $name)),
        },)*]
    };
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const ASSETS: &[Asset] = assets! {
    "favicon.svg": SVG,
    "css/base.css": CSS,
    "css/forms.css": CSS,
    "css/layout.css": CSS,
    "css/tasks.css": CSS,
    "css/chat.css": CSS,
    "js/account.js": JS,
    "js/app.js": JS,
    "js/chat.js": JS,
    "js/due.js": JS,
    "js/keys.js": JS,
    "js/live.js": JS,
    "js/page.js": JS,
    "js/tasks.js": JS,
    "js/toasts.js": JS,
    "vendor/htmx.min.js": JS,
    "vendor/hx-sse.min.js": JS,
};

/// One version for all, so that scripts can import each other by relative paths.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in ASSETS {
        hash.update(asset.name);
        hash.update(asset.bytes);
    }
    hash.finalize()[..8]
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
});

/// The address of an asset, for templates.
pub(crate) fn url(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

/// The assets, and the icon where browsers look for it on their own.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/assets/{version}/{*name}", get(serve))
        .route("/favicon.ico", get(icon))
}

/// Serves an asset. An address of another version gets the current content, but not for ever.
async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let caching = if version == *VERSION {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    (
        [(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, caching)],
        asset.bytes,
    )
        .into_response()
}

async fn icon() -> Response {
    serve(Path((String::new(), "favicon.svg".into()))).await
}
