/// The `[suppression]` table of relay.conf.
package struct SuppressionSettings: Hashable, Sendable {
    /// Hard bounces after which the relay suppresses an address; 0 for never.
    package var hardBounces = 0
    /// Soft bounces within ``window`` after which it does; 0 for never.
    package var softBounces = 0
    package var window = Duration.seconds(30 * 86400)
    /// How long such a suppression lasts; zero for good.
    package var expire = Duration.seconds(90 * 86400)
    package var action = SuppressionAction.refuse

    package init() {}

    /// Whether the relay suppresses addresses by itself.
    package var isAutomatic: Bool { hardBounces > 0 || softBounces > 0 }
}
