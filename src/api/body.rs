//! Bodies of requests, as far as they may be large.

use axum::body::Body;
use http_body_util::BodyExt;

use super::error::ApiError;

/// Of a body that is too large, this much is read and thrown away, so that whoever sends it hears why it is refused.
const DISCARDED_BYTES_MAX: usize = 64 << 20;

/// The whole of a body.
pub(super) async fn read(mut body: Body, bytes_max: usize) -> Result<Vec<u8>, ApiError> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let broken =
            |_| ApiError::bad_request("bad_body", "the body ended too early: send it again");
        let Ok(data) = frame.map_err(broken)?.into_data() else {
            continue;
        };
        length += data.len();
        if length <= bytes_max {
            bytes.extend_from_slice(&data);
        } else if length > DISCARDED_BYTES_MAX {
            break;
        }
    }
    if length > bytes_max {
        let message = "the body is larger than the server takes: send less at a time";
        return Err(ApiError::too_large(message));
    }
    Ok(bytes)
}
