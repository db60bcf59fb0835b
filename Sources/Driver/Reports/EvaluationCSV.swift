import Basics

extension EvaluationReport {
  /// The report as comma-separated values: a row for all chips at a time, whose `seed` is empty, and one for each chip.
  ///
  /// Every row says what it comes from, so that tables can be put together.
  var csv: String {
    func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    let origin = [
      provenance?.version ?? "", hashes.program, hashes.chip, hashes.data,
      provenance.map { $0.command.map(shellWord).joined(separator: " ") } ?? "",
    ].map(csvCell)
    let reference = (fp32: number(fp32), ideal: number(ideal))
    var text =
      "device,timeSeconds,seeds,accuracy,low,high,agreement,fp32,decibels,ideal,seed,version,"
      + "program,chip,data,command,cosine,sameNeighbour,rankCorrelation\n"
    for row in results {
      let cells = [
        csvCell(row.device), "\(row.timeSeconds)", "\(row.seeds)", number(row.accuracy),
        number(row.low), number(row.high), number(row.agreement), reference.fp32,
        number(row.decibels), reference.ideal, "",
      ]
      let likeness = [row.cosine, row.sameNeighbour, row.rankCorrelation].map(number)
      text += (cells + origin + likeness).joined(separator: ",") + "\n"
    }
    let device = csvCell(results.first?.device ?? "")
    for value in values {
      let cells = [
        device, "\(value.timeSeconds)", "1", number(value.accuracy), "", "",
        number(value.agreement), reference.fp32, number(value.decibels), reference.ideal,
        "\(value.seed)",
      ]
      let likeness = [value.cosine, value.sameNeighbour, value.rankCorrelation].map(number)
      text += (cells + origin + likeness).joined(separator: ",") + "\n"
    }
    return text
  }
}

/// `text` as a cell of a table of comma-separated values (RFC 4180), with nothing that could drive a terminal.
func csvCell(_ text: String) -> String {
  let shown = printable(text)
  guard shown.contains(where: { "\",\n\r".contains($0) }) else { return shown }
  return "\"" + shown.replacing("\"", with: "\"\"") + "\""
}
