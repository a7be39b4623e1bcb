/// How an operator resolved a doubt, as a label.
package enum DoubtResolution: String, CaseIterable, Sendable {
    case delivered, retry, failover, other
}
