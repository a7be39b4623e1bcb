/// The `[reload]` table of relay.conf.
package struct ReloadSettings: Hashable, Sendable {
    /// Whether a changed relay.conf is reloaded without being asked for.
    package var watch = false

    package init() {}
}
