Bby-shared-transposedJ  Ç5=¼
Ã½cÅÿ=|7‘¼×(ZºÿÉ½¼’R<Ÿ]N»