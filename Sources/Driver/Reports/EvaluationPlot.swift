import Report

extension EvaluationReport {
  /// The accuracy over time as a plot, without labels what takes its place: chips with their interval, and what they are
  /// compared with as a line.
  var svg: String {
    var file = EvaluationFile(self)
    file.name = network
    return Chart(.time, of: [file]).file
  }
}

extension EvaluationFile {
  /// What `report` tells, as its JSON would be read.
  init(_ report: EvaluationReport) {
    self.init(
      schema: Self.evaluation, network: report.network, chip: report.chip, data: report.data,
      samples: report.samples, fp32: report.fp32, ideal: report.ideal,
      assumptions: report.assumptions, results: report.results.map(Row.init))
  }
}

extension EvaluationFile.Row {
  fileprivate init(_ row: EvaluationReport.Row) {
    self.init(
      device: row.device, timeSeconds: row.timeSeconds, seeds: row.seeds, accuracy: row.accuracy,
      low: row.low, high: row.high, agreement: row.agreement,
      cosine: row.cosine, rankCorrelation: row.rankCorrelation, decibels: row.decibels)
  }
}
