/// How an operator has settled a doubt, as a label.
package enum DoubtResolution: String, CaseIterable, Sendable {
    case delivered, retry, failover, other
}
