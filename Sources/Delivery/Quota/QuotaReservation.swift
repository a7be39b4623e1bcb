internal import Upstreams

/// What a transaction has reserved of the quotas of its upstream.
struct QuotaReservation {
    let upstream: Upstream
    let recipients: Int
    /// Of the upstream's ledger.
    let ticket: Int

    /// Whether the final dot may leave.
    var isDurable: Bool { upstream.quota?.isDurable(ticket) ?? true }
}

extension DeliveryJob {
    /// Whether its content may be sent, as far as quotas are concerned.
    var isReserved: Bool { reservation?.isDurable ?? true }

    /// Its transaction has ended.
    ///
    /// - Parameter used: recipients that the upstream took, or may have taken.
    func settleReservation(used: Int) {
        guard let reservation else { return }
        self.reservation = nil
        reservation.upstream.settleQuota(reservation.recipients, used: used)
    }
}
