/// What the rest of the delivery has to do because of what an upstream has come to.
struct UpstreamEffects: OptionSet {
    let rawValue: Int

    /// It works again after a failure: one that waits for any upstream need not wait for its time.
    static let works = UpstreamEffects(rawValue: 1 << 0)
    /// It takes no mail: what is lined up for it goes elsewhere.
    static let takesNone = UpstreamEffects(rawValue: 1 << 1)
    /// An operator keeps mail from it: what is lined up goes elsewhere, and its sessions end when they are done.
    static let isDisabled = UpstreamEffects(rawValue: 1 << 2)
    /// Its circuit has closed, or an operator lets mail through: all that waits for that is looked at again.
    static let takesMail = UpstreamEffects(rawValue: 1 << 3)
}
