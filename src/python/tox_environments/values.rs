//! The settings that decide about an environment, in any format of the configuration.

/// Access to the values of a format. A setting has several names; the error names what cannot be read.
pub(super) trait Values {
    /// The environments of `env_list`.
    fn env_list(&self) -> Result<Vec<String>, String>;
    /// A core setting.
    fn core(&self, keys: &[&str]) -> Result<Option<String>, String>;
    /// A setting of an environment, its own or that of all environments.
    fn of(&self, name: &str, keys: &[&str]) -> Result<Option<String>, String>;
    /// Whether an environment has commands.
    fn has_commands(&self, name: &str) -> Result<bool, String>;
}
