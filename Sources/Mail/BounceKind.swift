/// What a failure says about the address of its recipient. Most say nothing about it.
public enum BounceKind: String, Hashable, Sendable, CaseIterable {
    /// There is no such address.
    case hard
    /// There is one, and it takes no mail at present, as while the mailbox is full.
    case soft
}
