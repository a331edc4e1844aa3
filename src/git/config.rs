//! stub
/// x
#[derive(Debug, Clone, Default)]
pub struct ConfigEntry {
    /// x
    pub key: String,
    /// x
    pub value: String,
    /// x
    pub origin: String,
}
