
Bgemm.u8JWNh?]aVc`iundu_f8o4`