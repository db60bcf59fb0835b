Bglobal-last.u8J
{oFslaMp‚g