/// What the rest of the delivery has to do after something has changed at an upstream.
struct UpstreamEffects: OptionSet {
    let rawValue: Int

    /// It works again after a failure: messages that wait for any upstream are released.
    static let works = UpstreamEffects(rawValue: 1 << 0)
    /// Its circuit is open: what is queued for it goes elsewhere.
    static let takesNone = UpstreamEffects(rawValue: 1 << 1)
    /// An operator has disabled it: what is queued for it goes elsewhere, and its idle sessions end.
    static let isDisabled = UpstreamEffects(rawValue: 1 << 2)
    /// Its circuit has closed, or an operator has enabled or reset it: every message waiting for that is released.
    static let takesMail = UpstreamEffects(rawValue: 1 << 3)
}
